import type { Database, EmbeddedPostgres } from "../client.ts";
import { fromClientError } from "../sql-errors.ts";
import { sessionOn } from "./session.ts";

/** PGlite has one session and keeps its own line; it throws by itself when a commit turns into a rollback. */
export function databaseOnEmbedded(embedded: EmbeddedPostgres): Database {
  const patient: Database["patient"] = {
    ...sessionOn(embedded),
    async transaction(run) {
      try {
        return await embedded.transaction((connection) => {
          const script = async (sql: string) => void (await connection.exec(sql));
          const copy = async (target: string, chunks: Iterable<Uint8Array<ArrayBuffer>>) => {
            const sql = `copy ${target} from '/dev/blob' (format binary)`;
            await connection.query(sql, [], { blob: new Blob([...chunks]) }).catch((error: unknown) => {
              throw fromClientError(error);
            });
          };
          return run({ ...sessionOn(connection), script, copy, takesBinary: true });
        });
      } catch (error) {
        throw fromClientError(error);
      }
    },
  };
  return { ...patient, patient };
}
