import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
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
  // Two that find the same dead owner: one removes the file and creates it, the other finds it taken.
  for (let tries = 0; ; tries++) {
    try {
      await writeFile(file, String(process.pid), { flag: "wx" });
      return () => rm(file, { force: true });
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
      const owner = Number(await readFile(file, "utf8").catch(() => "0"));
      if (tries >= 3 || (owner > 0 && isAlive(owner))) {
        const hint = `Wait for it, or stop it. Several at a time need a PostgreSQL server. If no such process uses the folder, delete ${file}`;
        throw new CommandError("FOLDER_IN_USE", `${folder} is in use by process ${owner}`, { hint, cause });
      }
      await rm(file, { force: true });
    }
  }
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
