import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CommandError } from "../command-error.ts";

/**
 * Keeps a second process out of a database folder: PGlite has no lock of its own, and two would ruin the files. Resolves
 * with what lifts the lock. What a killed process left behind is taken over.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  // Beside the files of the database, not among them.
  const file = join(dirname(folder), `.${basename(folder)}.barfill-lock`);
  const mine = `${file}-${process.pid}-${serial++}`;
  try {
    // A link to a file that is written already: nobody ever sees a lock without its owner.
    await writeFile(mine, String(process.pid));
    for (let tries = 0; tries < TRIES; tries++) {
      if (await succeeds(link(mine, file), "EEXIST")) return () => rm(file, { force: true });
      const owner = await ownerOf(file);
      if (owner > 0 && isAlive(owner)) throw inUse(folder, owner, file);
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
  if (owner > 0 && isAlive(owner)) await succeeds(link(aside, file), "EEXIST");
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

/** 0 where nobody can be read from it. */
async function ownerOf(file: string): Promise<number> {
  return Number(await readFile(file, "utf8").catch(() => "0")) || 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is alive, and somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function inUse(folder: string, owner: number, file: string): CommandError {
  const hint = `Wait for it, or stop it. Several at a time need a PostgreSQL server. If no such process uses the folder, delete ${file}`;
  return new CommandError("FOLDER_IN_USE", `${folder} is in use by process ${owner}`, { hint });
}
