// Runs every numbered example in a process of its own; the first that fails ends it.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

const folder = new URL(".", import.meta.url);
for (const file of readdirSync(folder)
  .filter((name) => /^\d\d-.*\.ts$/.test(name))
  .sort()) {
  console.log(`--- ${file}`);
  const { status } = spawnSync(process.execPath, [...process.execArgv, new URL(file, folder).pathname], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
