import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type PostgresServer, startServer } from "../../support/postgres-server.ts";
import { play } from "../scene.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

describe.concurrent("95 % of the rate is back within 30 s, and nothing is lost, when a worker is", () => {
  test("killed", () => play(server, "killed", 76, async ({ kill }) => kill()), 240_000);

  test("killed every two seconds for a minute", async () => {
    await play(server, "killed_again", 180, async ({ kill }) => {
      for (let i = 0; i < 30; i++) {
        await sleep(2000);
        kill();
      }
    });
  }, 240_000);
});
