// npx tsx scripts/embed-sql.ts: writes the .sql files into a module, because a bundle and the edge read no files.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../src/adapters/postgres/migrations/", import.meta.url);

export const EMBEDDED = fileURLToPath(new URL("embedded.ts", FOLDER));

/** The text of the module, the files in the order of their names. */
export function embedded(): string {
  const files = readdirSync(FOLDER)
    .filter((file) => file.endsWith(".sql"))
    .sort();
  const entries = files.map((file) => {
    const sql = readFileSync(new URL(file, FOLDER), "utf8").replace(/[\\`]|\$\{/g, "\\$&");
    return `  {\n    file: "${file}",\n    sql: \`${sql}\`,\n  },\n`;
  });
  return `// Written by scripts/embed-sql.ts from the .sql files beside it.
export const FILES: readonly { readonly file: string; readonly sql: string }[] = [\n${entries.join("")}];\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(EMBEDDED, embedded());
