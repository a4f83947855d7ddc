import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { expect } from "vitest";
import { bundle } from "../support/bundle.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { type StallingProxy, stallingProxy } from "../support/stalling-proxy.ts";
import { queueJob } from "./job.ts";
import { paceOf } from "./pace.ts";
import { startWorker, WORKER, type WorkerEnd, type WorkerProcess } from "./worker-process.ts";
import type { WorkerTask } from "./worker-task.ts";

/** Pages a second that the limiter allows. */
const RATE = 6;
const SETTLING_MS = 1000;
const WINDOW_MS = 5000;
/** Back to so much of the rate within so long. */
const SHARE = 0.95;
const WITHIN_MS = 30_000;

/** A worker at work on a job of its own, and what a fault may take hold of. */
export interface Scene {
  /** A superuser's URL of its database, straight to the server. */
  readonly databaseUrl: string;
  /** Between the worker and its database, and between it and its source. */
  readonly database: StallingProxy;
  readonly source: StallingProxy;
  /** Kills the worker; whoever supervises it starts another at once. */
  kill(): void;
}

/**
 * Lets `strike` happen to a worker. At least 95 % of the pace before it must be back within 30 s after it; no process
 * may end by itself before the work is done; and at the end every run is a success and the store holds what the source
 * has. `slices` have to keep the worker busy until then: it works off 1.7 a second.
 */
export async function play(
  server: PostgresServer,
  name: string,
  slices: number,
  strike: (scene: Scene) => Promise<void>,
): Promise<void> {
  const databaseUrl = await createDatabase(server.url, name);
  const client = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  // Its idle connections may be what the fault takes.
  client.on("error", () => {});
  const job = await queueJob(client, "barfill", slices);
  const simulated = await job.simulator.serve();
  const database = await stallingProxy({ port: Number(new URL(databaseUrl).port) });
  const source = await stallingProxy({ port: Number(new URL(simulated.url).port) });
  const worker = await bundle(WORKER);
  const task: WorkerTask = {
    sourceUrl: `http://127.0.0.1:${source.port}`,
    databaseUrl: withPort(databaseUrl, database.port),
    schema: "barfill",
    requestsPerMinute: RATE * 60,
    concurrency: 8,
    leaseMs: 5000,
    pollMs: 200,
  };
  const crew = supervise(() => startWorker(worker, task));
  const pages = () => job.simulator.stats.pages;
  const pace = paceOf(pages);
  const watch = async () => {
    while (pages() < 10) await sleep(50);
    await sleep(SETTLING_MS);
    let before = 0;
    // A machine that is busy with something else takes its time to get to the limiter's rate.
    for (let windows = 0; windows < 4 && before < SHARE * RATE; windows++) {
      before = Math.max(before, await pace.measure(WINDOW_MS));
    }
    if (before < RATE / 2) throw new Error(`the machine is too slow to tell: ${before} pages a second, not ${RATE}`);
    await strike({ databaseUrl, database, source, kill: crew.kill });
    const recoveryMs = await pace.recovery({ rate: SHARE * before, windowMs: WINDOW_MS, withinMs: WITHIN_MS });
    return { before, recoveryMs };
  };
  try {
    const { before, recoveryMs } = await Promise.race([watch(), crew.over.then(endedEarly)]);
    process.stdout.write(
      `${name}: ${(before * 60).toFixed(0)} pages a minute before, 95 % of it back after ${(recoveryMs / 1000).toFixed(1)} s\n`,
    );
    // What is left is done at full speed, beside the worker that lived through it.
    const helper = startWorker(worker, {
      ...task,
      databaseUrl,
      sourceUrl: simulated.url,
      requestsPerMinute: 1_000_000,
    });
    await helper.up;
    helper.begin();
    const drained = { code: 0, signal: null, said: { ended: "drained" }, stderr: "" };
    expect([await helper.ended, await crew.over]).toEqual([drained, drained]);
    await job.expectDone(client, "barfill");
  } finally {
    crew.dismiss();
    worker.remove();
    await Promise.all([client.end(), database.close(), source.close(), simulated.close()]);
  }
}

function endedEarly(end: WorkerEnd): never {
  throw new Error(`the worker ended before the pace was back: ${JSON.stringify(end)}`);
}

/**
 * Starts another worker whenever one was killed, as systemd or Kubernetes does. `over` is the end of one that was not.
 */
function supervise(start: () => WorkerProcess) {
  let current: WorkerProcess;
  let dismissed = false;
  const run = async (): Promise<WorkerEnd> => {
    for (;;) {
      current = start();
      current.up.then(current.begin, () => {});
      const end = await current.ended;
      if (end.signal !== "SIGKILL" || dismissed) return end;
    }
  };
  const over = run();
  const kill = () => current.kill();
  const dismiss = () => {
    dismissed = true;
    kill();
  };
  return { over, kill, dismiss };
}

async function createDatabase(url: string, name: string): Promise<string> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const created = new URL(url);
  created.pathname = `/${name}`;
  return created.href;
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}
