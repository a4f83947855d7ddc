import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { CommandError } from "../command-error.ts";
import { withoutMark } from "./config-file.ts";

/** Variables by name. The only place where secrets come from. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `env`, with what it lacks from the file, as `node --env-file` does: what is set already wins. No value ends in white
 * space: a secret that is kept in a file comes with a line break.
 */
export async function readEnvironment(env: Environment, file: string | undefined): Promise<Environment> {
  return Object.fromEntries(Object.entries(await merged(env, file)).map(([name, value]) => [name, value?.trim()]));
}

async function merged(env: Environment, file: string | undefined): Promise<Environment> {
  if (file === undefined) return env;
  try {
    return { ...parseEnv(withoutMark(await readFile(file, "utf8"))), ...env };
  } catch (cause) {
    const hint = "Write NAME=value lines, and pass the file's path to --env";
    throw new CommandError("USAGE", `cannot read the environment file ${file}`, { hint, cause });
  }
}
