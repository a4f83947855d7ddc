import { migrate, postgresQueue } from "barfill/postgres";
import { Logger, makeWorkerUtils, runOnce } from "graphile-worker";
import type pg from "pg";
import PgBoss from "pg-boss";
import type { Slice } from "../../src/model/slice.ts";

/** Runs a call. */
export const BATCH = 1000;
/** Loops that claim and complete at once, each on a connection. */
export const LOOPS = 2;

export interface Contender {
  readonly name: string;
  /** Empties the queue. */
  clear(): Promise<unknown>;
  enqueue(slices: readonly Slice[]): Promise<unknown>;
  /** Claims runs, which bring their slices, and completes them until none is left; returns how many. */
  drain(): Promise<number>;
  close?(): Promise<unknown>;
}

/** What any queue on this server must do at least: bring back the slice, by priority, and note that it is done. */
export function bareLoop(pool: pg.Pool): Promise<Contender> {
  return bareTable(pool, { name: "bare SQL", table: "bare", unique: "", conflict: "" });
}

/** The same, with what barfill promises at enqueue: a slice that waits is not queued twice, one that is over afresh. */
export function bareUnique(pool: pg.Pool): Promise<Contender> {
  const conflict = "on conflict (slice_id) do update set state = 'queued' where b.state = 'success'";
  return bareTable(pool, { name: "bare, unique ids", table: "bare_unique", unique: "unique", conflict });
}

type BareTable = Readonly<Record<"name" | "table" | "unique" | "conflict", string>>;

async function bareTable(pool: pg.Pool, { name, table, unique, conflict }: BareTable): Promise<Contender> {
  await pool.query(`create table ${table} (
    id bigint generated always as identity primary key, slice_id text collate "C" not null ${unique},
    slice jsonb not null, priority float8 not null, state text not null default 'queued')`);
  await pool.query(`create index on ${table} (priority desc, id) where state = 'queued'`);
  return {
    name,
    clear: () => pool.query(`truncate ${table}`),
    enqueue: (slices) =>
      pool.query(
        `insert into ${table} as b (slice_id, slice, priority)
         select slice->>'id', slice, (slice->'priority')::float8 from jsonb_array_elements($1) as s(slice) ${conflict}`,
        [JSON.stringify(slices)],
      ),
    drain: () =>
      inLoops(async () => {
        const { rows } = await pool.query<{ id: string; slice: Slice }>(
          `update ${table} set state = 'running' where id = any(array(
             select id from ${table} where state = 'queued' order by priority desc, id limit $1 for update skip locked))
           returning id, slice`,
          [BATCH],
        );
        await pool.query(`update ${table} set state = 'success' where id = any($1)`, [rows.map(({ id }) => id)]);
        return rows.length;
      }),
  };
}

export async function barfill(pool: pg.Pool): Promise<Contender> {
  await migrate(pool);
  const queue = postgresQueue({ client: pool });
  return {
    name: "barfill",
    clear: () => pool.query("truncate barfill.job_runs, barfill.job_queue, barfill.job_leases"),
    enqueue: (slices) => queue.enqueue(slices),
    drain: () =>
      inLoops(async () => {
        const token = crypto.randomUUID();
        const claim = { workerId: "bench", token, limit: BATCH, ttlMs: 60_000, provider: "bench" };
        const leases = await queue.lease(claim);
        await Promise.all(leases.map((lease) => queue.complete(lease, { bars: 0, requests: 1 })));
        return leases.length;
      }),
  };
}

/** As its own benchmark sets it up: a local queue of 500, completions in batches. */
export async function graphileWorker(pool: pg.Pool): Promise<Contender> {
  const logger = new Logger(() => () => {});
  // It warns of a pool without these.
  pool.on("error", () => {});
  pool.on("connect", (connection) => void connection.on("error", () => {}));
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  await utils.migrate();
  let done = 0;
  const taskList = { run: () => void done++ };
  return {
    name: "graphile-worker",
    // A complete job is deleted.
    clear: () => pool.query("truncate graphile_worker._private_jobs"),
    enqueue: (slices) =>
      utils.addJobs(slices.map((payload) => ({ identifier: "run", payload, priority: payload.priority }))),
    async drain() {
      done = 0;
      const batched = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
      await runOnce({ pgPool: pool, logger, taskList, preset: { worker: { concurrentJobs: 500, ...batched } } });
      return done;
    },
    close: async () => utils.release(),
  };
}

export async function pgBoss(pool: pg.Pool): Promise<Contender> {
  const db = { executeSql: (text: string, values?: unknown[]) => pool.query(text, values) };
  const boss = new PgBoss({ db, supervise: false, schedule: false });
  await boss.start();
  const name = "runs";
  await boss.createQueue(name);
  return {
    name: "pg-boss",
    clear: () => pool.query("truncate pgboss.job"),
    enqueue: (slices) => boss.insert(slices.map((data) => ({ name, data, priority: data.priority }))),
    drain: () =>
      inLoops(async () => {
        const jobs = await boss.fetch<Slice>(name, { batchSize: BATCH });
        if (jobs.length > 0)
          await boss.complete(
            name,
            jobs.map(({ id }) => id),
          );
        return jobs.length;
      }),
    close: () => boss.stop({ graceful: false, close: false }),
  };
}

/** Repeats `turn` in {@link LOOPS} loops until it finds nothing; the sum of what it returned. */
async function inLoops(turn: () => Promise<number>): Promise<number> {
  let done = 0;
  const loop = async () => {
    for (let count = await turn(); count > 0; count = await turn()) done += count;
  };
  await Promise.all(Array.from({ length: LOOPS }, loop));
  return done;
}
