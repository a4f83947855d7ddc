import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "../command-error.ts";

/** @throws {@link CommandError} where `folder` is a file, or lies in one; what is not there may become a folder. */
export async function requireFolder(folder: string): Promise<void> {
  const isFolder = await stat(folder).then((found) => found.isDirectory(), isAbsent);
  if (isFolder) return;
  throw new CommandError("USAGE", `${folder} is not a folder`, { hint: "Name a folder that is new: --folder bars" });
}

/**
 * What initdb makes before `PG_VERSION`, its first file: a folder with nothing else was cut off in the making, and goes
 * on.
 */
const OF_A_DATABASE = /^(base|global|pg_\w+)$/;

/**
 * @throws {@link CommandError} unless `folder` is empty, or not there: a database is many files, and would lie among
 * others.
 */
export async function requireRoom(folder: string): Promise<void> {
  await requireFolder(folder);
  if (!existsSync(folder)) return;
  const some = (await readdir(folder)).find((name) => !OF_A_DATABASE.test(name));
  if (some === undefined) return;
  throw new CommandError("USAGE", `${folder} is no database, and not empty: it has ${some} in it`, {
    hint: `Name a folder that is new, as in --folder ${join(folder, "bars")}`,
  });
}

/** Rethrows what says that there is something all the same. */
function isAbsent(error: NodeJS.ErrnoException): boolean {
  if (error.code === "ENOENT") return true;
  if (error.code === "ENOTDIR") return false;
  throw error;
}

/** True when there is a database in `folder`: the file is the first of every data directory of PostgreSQL. */
export function isDatabase(folder: string): boolean {
  return existsSync(join(folder, "PG_VERSION"));
}
