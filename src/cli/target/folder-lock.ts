import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CommandError } from "../command-error.ts";
import { type LockOwner, mayBeAlive, OWNER, ownerText, parseOwner } from "./lock-owner.ts";

/**
 * Keeps a second process out of a database folder: PGlite has no lock of its own, and two would ruin the files. Resolves
 * with what lifts the lock. What a killed process of this host left behind is taken over; what another host left is not,
 * because nobody can tell here whether its process is alive.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  // Beside the files of the database, not among them.
  const file = join(dirname(folder), `.${basename(folder)}.barfill-lock`);
  const mine = `${file}-${OWNER.id}-${serial++}`;
  try {
    // A link to a file that is written already: nobody ever sees a lock without its owner.
    await writeFile(mine, ownerText(OWNER));
    for (let tries = 0; tries < TRIES; tries++) {
      if (await succeeds(link(mine, file), "EEXIST")) return () => rm(file, { force: true });
      const owner = await ownerOf(file);
      if (owner !== undefined && mayBeAlive(owner)) throw inUse(folder, owner, file);
      await takeAway(file, `${mine}-stale`);
    }
    throw inUse(folder, await ownerOf(file), file);
  } finally {
    await rm(mine, { force: true });
  }
}

const TRIES = 5;
let serial = 0;

/** Takes a lock away whose owner is dead. Another may have done so first and hold it now: then it is put back. */
async function takeAway(file: string, aside: string): Promise<void> {
  if (!(await succeeds(rename(file, aside), "ENOENT"))) return;
  const owner = await ownerOf(aside);
  if (owner !== undefined && mayBeAlive(owner)) await succeeds(link(aside, file), "EEXIST");
  await rm(aside, { force: true });
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

async function ownerOf(file: string): Promise<LockOwner | undefined> {
  return parseOwner(await readFile(file, "utf8").catch(() => ""));
}

function inUse(folder: string, owner: LockOwner | undefined, file: string): CommandError {
  const who = owner === undefined ? "another process" : `process ${owner.pid} on ${owner.host}`;
  const hint = `Wait for it, or stop it. Several at a time need a PostgreSQL server. If no such process uses the folder, delete ${file}`;
  return new CommandError("FOLDER_IN_USE", `${folder} is in use by ${who}`, { hint });
}
