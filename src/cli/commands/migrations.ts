import { migrations } from "../../adapters/postgres/index.ts";
import { EXIT } from "../exit-code.ts";
import type { Command } from "../invocation.ts";

export const printMigrations: Command = async ({ terminal, settings }) => {
  const all = migrations(settings.schema === undefined ? {} : { schema: settings.schema });
  if (terminal.json) terminal.answer({ migrations: all });
  else for (const { version, name, sql } of all) terminal.print(`-- ${version} ${name}\nbegin;\n${sql}commit;\n`);
  return EXIT.complete;
};
