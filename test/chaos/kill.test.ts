import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../support/bundle.ts";
import { openServer, type ServerDatabase } from "../support/postgres.ts";
import { queueJob } from "./job.ts";
import { startWorker, WORKER } from "./worker-process.ts";

const KILLS = 100;
const SLICES = 200;
const CONCURRENCY = 4;
const SEED = 20_240_102;

let database: ServerDatabase;
beforeAll(async () => {
  database = await openServer();
});
afterAll(() => database.close());

/** mulberry32: the moments are the same in every run, counted in requests. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(`a worker that is killed ${KILLS} times fills ${SLICES} slices, bar for bar`, async () => {
  const schema = database.freshSchema();
  const { simulator, undisturbed, expectDone } = await queueJob(database.client, schema, SLICES);
  const { pages, bars } = await undisturbed();
  const server = await simulator.serve();
  const worker = await bundle(WORKER);
  const random = randomFrom(SEED);
  const next = () =>
    startWorker(worker, {
      sourceUrl: server.url,
      databaseUrl: database.url,
      schema,
      requestsPerMinute: 1_000_000,
      concurrency: CONCURRENCY,
      leaseMs: 1000,
      pollMs: 20,
    });
  // The next one starts while this one works, so that nobody waits for a process to come up.
  let standby = next();
  try {
    for (let kills = 0; kills < KILLS; kills++) {
      const current = standby;
      standby = next();
      await current.up;
      const killAt = simulator.stats.requests + 1 + Math.floor(random() * 2 * (pages / KILLS) * 0.6);
      current.begin();
      const isOver = current.ended.then(() => true);
      while (simulator.stats.requests < killAt && !(await Promise.race([isOver, sleep(1)])));
      // Between a request and its commit, or after it.
      await sleep(random() * 15);
      current.kill();
      const { signal, stderr, code } = await current.ended;
      expect({ signal, code, stderr }, `kill ${kills + 1}`).toEqual({ signal: "SIGKILL", code: null, stderr: "" });
    }
    await standby.up;
    standby.begin();
    expect(await standby.ended).toMatchObject({ code: 0, said: { ended: "drained" } });
    await expectDone(database.client, schema);
    const { rows } = await database.client.query(
      `select max(attempt) as attempts, sum(expiries)::int as expiries from ${schema}.job_runs`,
    );
    // Nobody pays for a killed worker.
    expect(rows).toEqual([{ attempts: 1, expiries: expect.any(Number) }]);
    expect(rows[0].expiries).toBeGreaterThan(0);
    const again = { requests: simulator.stats.pages - pages, pages: (simulator.stats.bars - bars) / (bars / pages) };
    process.stdout.write(
      `killed ${KILLS} times: ${pages} pages undisturbed, ${again.requests} requests more, ` +
        `${again.pages.toFixed(1)} pages of bars sent again\n`,
    );
    expect(again.requests).toBeLessThan(KILLS * CONCURRENCY);
    expect(again.pages).toBeLessThan(KILLS * CONCURRENCY);
  } finally {
    standby.kill();
    await standby.ended;
    worker.remove();
    await server.close();
  }
}, 300_000);
