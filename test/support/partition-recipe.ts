import { readFileSync } from "node:fs";

/** The SQL under "Partitions" in docs/postgres.md, for `schema`. */
export function partitionRecipe(schema: string): string {
  const page = readFileSync(new URL("../../docs/postgres.md", import.meta.url), "utf8");
  const recipe = /## Partitions[\s\S]*?```sql\n([\s\S]*?)```/.exec(page)?.[1] ?? "no recipe";
  return recipe.replaceAll("barfill.", `${schema}.`);
}
