import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type PostgresServer, startServer } from "../../support/postgres-server.ts";
import { play } from "../scene.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startServer({ max_connections: "30" });
});
afterAll(() => server?.stop());

const TERMINATE = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name <> 'stranger'`;

function newStranger(connectionString: string): pg.Client {
  const stranger = new pg.Client({ connectionString, application_name: "stranger" });
  stranger.on("error", () => {});
  return stranger;
}

describe("95 % of the rate is back within 30 s, and nothing is lost, when", () => {
  test("the server restarts", () => play(server, "restarted", 84, () => server.restart({ downMs: 3000 })), 240_000);

  test("every backend is terminated, three times", async () => {
    await play(server, "terminated", 84, async ({ databaseUrl }) => {
      const stranger = newStranger(databaseUrl);
      await stranger.connect();
      for (let i = 0; i < 3; i++) {
        await stranger.query(TERMINATE);
        await sleep(1000);
      }
      await stranger.end();
    });
  }, 240_000);

  test("others take every connection for eight seconds", async () => {
    await play(server, "exhausted", 92, async ({ databaseUrl }) => {
      const strangers: pg.Client[] = [];
      const end = performance.now() + 8000;
      // A busy machine takes longer to make as many.
      while (performance.now() < end || strangers.length <= 25) {
        const stranger = newStranger(databaseUrl);
        const isIn = await stranger.connect().then(
          () => true,
          () => false,
        );
        if (isIn) strangers.push(stranger);
        // No room is left: whoever is not a stranger makes some.
        else await strangers[0]?.query(TERMINATE).then(() => sleep(20));
      }
      await Promise.all(strangers.map((stranger) => stranger.end()));
    });
  }, 240_000);
});
