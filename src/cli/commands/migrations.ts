import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { migrations } from "../../adapters/postgres/index.ts";
import { supabaseMigrations } from "../../adapters/supabase/migrations.ts";
import { defined } from "../../model/defined.ts";
import { CommandError } from "../command-error.ts";
import { EXIT } from "../exit-code.ts";
import type { Command } from "../invocation.ts";

export const printMigrations: Command = async ({ terminal, settings, flags, workingFolder }) => {
  const schema = defined({ schema: settings.schema });
  if (typeof flags["supabase"] === "string") {
    const written = await writeFiles(resolve(workingFolder, flags["supabase"]), supabaseMigrations(schema));
    if (terminal.json) terminal.answer({ written });
    else for (const file of written) terminal.print(file);
    return EXIT.complete;
  }
  const all = migrations(schema);
  if (terminal.json) terminal.answer({ migrations: all });
  else for (const { version, name, sql } of all) terminal.print(`-- ${version} ${name}\nbegin;\n${sql}commit;\n`);
  return EXIT.complete;
};

/** Files that are there already are written anew: their names and contents are the same in every version. */
async function writeFiles(folder: string, files: ReturnType<typeof supabaseMigrations>): Promise<string[]> {
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, sql } of files) await writeFile(join(folder, name), sql);
  } catch (cause) {
    const hint = "Name the folder of migrations of a Supabase project: supabase/migrations";
    throw new CommandError("FILE", `cannot write into ${folder}`, { hint, cause });
  }
  return files.map(({ name }) => join(folder, name));
}
