import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type PostgresServer, startServer } from "../../support/postgres-server.ts";
import { play } from "../scene.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

describe.concurrent("95 % of the rate is back within 30 s, and nothing is lost, when a network falls silent", () => {
  test.each(["database", "source"] as const)(
    "between a worker and its %s",
    async (side) => {
      await play(server, `silent_${side}`, 88, async (scene) => {
        scene[side].stall();
        await sleep(5000);
        scene[side].heal();
      });
    },
    240_000,
  );
});
