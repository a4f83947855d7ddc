import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CommandError } from "../command-error.ts";
import { type LockOwner, mayBeAlive, OWNER, ownerText, parseOwner } from "./lock-owner.ts";

/**
 * Keeps a second process out of a database folder: PGlite has no lock of its own, and two would ruin the files.
 * Resolves with what lifts the lock. What a killed process of this host left behind is taken over; what another host
 * left is not, because nobody can tell here whether its process is alive.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  // Beside the files of the database, not among them.
  const file = join(dirname(folder), `.${basename(folder)}.barfill-lock`);
  await take(file, folder);
  return () => rm(file, { force: true });
}

const TRIES = 5;
let serial = 0;

/**
 * Puts this process's name into the lock `file`. @throws {@link CommandError} where another one has it, or takes it
 * over.
 */
async function take(file: string, folder: string): Promise<void> {
  const mine = `${file}-${OWNER.id}-${serial++}`;
  try {
    // A link to a file that is written already: nobody ever sees a lock without its owner.
    await writeFile(mine, ownerText(OWNER));
    for (let tries = 0; tries < TRIES; tries++) {
      if (await succeeds(link(mine, file), "EEXIST")) return;
      if ((await isStale(file, folder)) && (await replace(file, mine, folder))) return;
    }
    throw inUse(folder, undefined, file);
  } finally {
    await rm(mine, { force: true });
  }
}

/**
 * Puts `mine` in the place of a lock whose owner is dead; false where that is gone meanwhile. Under a lock of its own:
 * of two that found the same dead owner, the later one would else take away what the earlier one put there.
 */
async function replace(file: string, mine: string, folder: string): Promise<boolean> {
  const takeover = `${file}-takeover`;
  await take(takeover, folder);
  try {
    if (!(await isStale(file, folder))) return false;
    await rename(mine, file);
    return true;
  } finally {
    await rm(takeover, { force: true });
  }
}

/** False where there is no lock. @throws {@link CommandError} where its owner may be alive. */
async function isStale(file: string, folder: string): Promise<boolean> {
  const text = await readFile(file, "utf8").catch(ifAbsent);
  const owner = parseOwner(text ?? "");
  if (owner !== undefined && mayBeAlive(owner)) throw inUse(folder, owner, file);
  return text !== undefined;
}

function ifAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** False when it fails with `code`. */
async function succeeds(call: Promise<unknown>, code: string): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === code) return false;
    throw error;
  }
}

function inUse(folder: string, owner: LockOwner | undefined, file: string): CommandError {
  const who = owner === undefined ? "another process" : `process ${owner.pid} on ${owner.host}`;
  const hint = `Wait for it, or stop it. Several at a time need a PostgreSQL server. If no such process uses the folder, delete ${file}`;
  return new CommandError("FOLDER_IN_USE", `${folder} is in use by ${who}`, { hint });
}
