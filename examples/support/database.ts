// The database of an example: the one that DATABASE_URL names, or a real PostgreSQL out of npm for as long as it runs.
import { startServer } from "../../test/support/postgres-server.ts";

export interface ExampleDatabase {
  readonly url: string;
  close(): Promise<void>;
}

export async function openDatabase(): Promise<ExampleDatabase> {
  const url = process.env["DATABASE_URL"];
  if (url !== undefined) return { url, close: async () => {} };
  const server = await startServer();
  return { url: server.url, close: server.stop };
}
