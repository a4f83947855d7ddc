import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { CLAIM, openQueue, RESULT, slices } from "./queue-fixtures.ts";

const WORKER = fileURLToPath(new URL("queue-worker.ts", import.meta.url));
const RUNS = 2000;
const WORKERS = 10;

let database: ServerDatabase;
beforeAll(async () => {
  database = await openServer();
});
afterAll(() => database.close());

interface Work {
  readonly completed: readonly string[];
  readonly refused: readonly string[];
}

function startWorker(schema: string, name: string, ttlMs: number) {
  const args = ["--import", "tsx", WORKER, database.url, schema, name, String(ttlMs)];
  const worker = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  return { worker, work: workOf(worker) };
}

async function workOf(worker: ChildProcess): Promise<Work> {
  if (worker.stdout === null) throw new Error("stdout is piped");
  const [output, [code]] = await Promise.all([text(worker.stdout), once(worker, "exit")]);
  if (code !== 0) throw new Error(`the worker ended with ${code}`);
  return JSON.parse(output);
}

test("ten processes drain 2,000 runs: every run is completed exactly once, and what is stale is refused", async () => {
  const { queue, schema, advance } = await openQueue(database);
  await queue.enqueue(slices(RUNS));
  const stale = await queue.lease({ ...CLAIM, token: "dead", limit: 50 });
  await advance(2 * CLAIM.ttlMs);
  const workers = Array.from({ length: WORKERS }, (_, i) => startWorker(schema, `worker-${i}`, 60_000));
  const done = await Promise.all(workers.map(({ work }) => work));
  expect(done.flatMap(({ completed }) => completed).sort()).toEqual(
    slices(RUNS)
      .map(({ id }) => id)
      .sort(),
  );
  expect(done.flatMap(({ refused }) => refused)).toEqual([]);
  const late = await Promise.allSettled(stale.map((lease) => queue.complete(lease, RESULT)));
  expect(late.every(({ status }) => status === "rejected")).toBe(true);
  expect(await queue.counts()).toEqual([{ state: "success", runs: RUNS, bars: RUNS }]);
}, 60_000);

test("workers that are stopped past their leases and go on complete nothing that others have", async () => {
  const { queue, schema } = await openQueue(database);
  await queue.enqueue(slices(RUNS));
  const ttlMs = 300;
  const workers = Array.from({ length: 5 }, (_, i) => startWorker(schema, `worker-${i}`, ttlMs));
  const paused = workers.slice(0, 3);
  const isOver = Promise.all(workers.map(({ work }) => work));
  // Stopped at whatever they are doing, again and again, as long as somebody is at work.
  let over = false;
  void isOver.finally(() => (over = true)).catch(() => {});
  while (!over) {
    for (const { worker } of paused) worker.kill("SIGSTOP");
    await sleep(2 * ttlMs);
    for (const { worker } of paused) worker.kill("SIGCONT");
    await sleep(100);
  }
  const done = await isOver;
  expect(done.flatMap(({ completed }) => completed).sort()).toEqual(
    slices(RUNS)
      .map(({ id }) => id)
      .sort(),
  );
  expect(await queue.counts()).toEqual([{ state: "success", runs: RUNS, bars: RUNS }]);
}, 60_000);
