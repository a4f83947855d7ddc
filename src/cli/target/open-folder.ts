import type { PostgresClient } from "../../adapters/postgres/index.ts";
import { isDatabase, requireFolder, requireRoom } from "./empty-folder.ts";
import { lockFolder } from "./folder-lock.ts";
import { peer } from "./peer.ts";

/** A client, and what ends it. */
export interface OpenClient {
  readonly client: PostgresClient;
  close(): Promise<void>;
}

/**
 * The database in `folder`, a new one where there is none, under a lock until it is closed. Rejects with
 * {@link CommandError} where another process has the folder, or where other files are in it.
 */
export async function openFolder(folder: string): Promise<OpenClient> {
  const { PGlite } = await peer(
    "@electric-sql/pglite",
    () => import("@electric-sql/pglite"),
    "a database in a folder needs it",
  );
  // Before the lock, which makes the folder; what is in it is looked at under the lock, because another may be filling
  // it.
  await requireFolder(folder);
  const unlock = await lockFolder(folder);
  try {
    if (!isDatabase(folder)) await requireRoom(folder);
    const client = await PGlite.create(folder);
    const close = async () => {
      try {
        await client.close();
      } finally {
        await unlock();
      }
    };
    return { client, close };
  } catch (error) {
    await unlock();
    throw error;
  }
}
