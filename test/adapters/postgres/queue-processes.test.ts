import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bundle, bundle } from "../../support/bundle.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { CLAIM, openQueue, RESULT, slices } from "./queue-fixtures.ts";

const SOURCE = fileURLToPath(new URL("queue-worker.ts", import.meta.url));
const RUNS = 2000;
const WORKERS = 10;

let database: ServerDatabase;
let bundled: Bundle;
beforeAll(async () => {
  database = await openServer();
  bundled = await bundle(SOURCE);
});
const started: ChildProcess[] = [];
afterAll(() => {
  // A test that failed leaves some behind.
  for (const worker of started) worker.kill("SIGKILL");
  bundled.remove();
  return database.close();
});

interface Work {
  readonly completed: readonly string[];
  readonly refused: readonly string[];
}

interface Worker {
  readonly process: ChildProcess;
  /** The ids of its first leases, of a worker that is held. */
  readonly leased: Promise<readonly string[]>;
  readonly work: Promise<Work>;
}

function startWorker(schema: string, name: string, ttlMs: number, held?: "held"): Worker {
  const args = [bundled.path, database.url, schema, name, String(ttlMs), ...(held ? [held] : [])];
  const worker = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  started.push(worker);
  const lines = createInterface(worker.stdout)[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? "null");
  const leased = held === undefined ? Promise.resolve([]) : next();
  return { process: worker, leased, work: workOf(worker, leased.then(next)) };
}

async function workOf(worker: ChildProcess, said: Promise<Work>): Promise<Work> {
  const [work, [code]] = await Promise.all([said, once(worker, "exit")]);
  if (code !== 0) throw new Error(`the worker ended with ${code}`);
  return work;
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
});

test("of ten processes five are stopped with runs in hand: what they complete too late is refused, and every run is completed once", async () => {
  const { queue, schema } = await openQueue(database);
  await queue.enqueue(slices(RUNS));
  const ttlMs = 300;
  const stopped = Array.from({ length: WORKERS / 2 }, (_, i) => startWorker(schema, `stopped-${i}`, ttlMs, "held"));
  const inHand = (await Promise.all(stopped.map(({ leased }) => leased))).flat();
  expect(inHand).toHaveLength(3 * stopped.length);
  for (const { process } of stopped) process.kill("SIGSTOP");
  const others = Array.from({ length: WORKERS / 2 }, (_, i) => startWorker(schema, `worker-${i}`, ttlMs));
  const workers = [...stopped, ...others];
  const isOver = Promise.all(workers.map(({ work }) => work));
  let over = false;
  void isOver.finally(() => (over = true)).catch(() => {});
  // Until all that the stopped ones have in hand was taken over, and completed.
  while (!over && (await queue.open({ ids: inHand })).length > 0) await sleep(20);
  for (const { process } of stopped) {
    process.stdin?.end("go on\n");
    process.kill("SIGCONT");
  }
  // From here on at whatever they are doing, again and again, as long as somebody is at work.
  while (!over) {
    await sleep(100);
    for (const { process } of stopped) process.kill("SIGSTOP");
    await sleep(2 * ttlMs);
    for (const { process } of stopped) process.kill("SIGCONT");
  }
  const done = await isOver;
  expect(done.flatMap(({ refused }) => refused)).toEqual(expect.arrayContaining(inHand));
  expect(done.slice(0, stopped.length).every(({ refused }) => refused.length >= 3)).toBe(true);
  expect(done.flatMap(({ completed }) => completed).sort()).toEqual(
    slices(RUNS)
      .map(({ id }) => id)
      .sort(),
  );
  expect(await queue.counts()).toEqual([{ state: "success", runs: RUNS, bars: RUNS }]);
});
