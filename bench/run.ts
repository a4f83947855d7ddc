// npm run bench -- NAME runs one, npm run bench runs all. Each ends with lines `figure NAME VALUE`.
import { readdirSync } from "node:fs";

const names = readdirSync(new URL(".", import.meta.url))
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.slice(0, -".ts".length));
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(", ")}; there are ${names.join(", ")}`);
  process.exit(64);
}
for (const name of chosen.length > 0 ? chosen : names) {
  console.log(`# ${name}`);
  const { bench }: { bench(): Promise<void> } = await import(`./${name}.ts`);
  await bench();
}
