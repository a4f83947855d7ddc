import { migrate, postgresQueue } from "barfill/postgres";
import pg from "pg";
import { makeSlice, type Slice } from "../src/model/slice.ts";
import { startServer } from "../test/support/postgres-server.ts";

const RUNS = 50_000;
const BATCH = 1000;
/** Loops that work at once, each on a connection. */
const LOOPS = 2;
const ROUNDS = 5;

interface Contender {
  /** Empties the queue. */
  clear(): Promise<unknown>;
  enqueue(slices: readonly Slice[]): Promise<unknown>;
  /** Claims up to {@link BATCH} runs, which bring their slices, and completes them; returns how many. */
  work(): Promise<number>;
}

/** What any queue on this server must do at least: bring back the slice, by priority, and note that it is done. */
async function bareLoop(pool: pg.Pool): Promise<Contender> {
  await pool.query(`create table bare (
    id bigint generated always as identity primary key, slice jsonb not null, priority float8 not null,
    state text not null default 'queued')`);
  await pool.query("create index on bare (priority desc, id) where state = 'queued'");
  return {
    clear: () => pool.query("truncate bare"),
    enqueue: (slices) =>
      pool.query(
        `insert into bare (slice, priority)
         select slice, (slice->'priority')::float8 from jsonb_array_elements($1) as s(slice)`,
        [JSON.stringify(slices)],
      ),
    async work() {
      const { rows } = await pool.query<{ id: string; slice: Slice }>(
        `update bare set state = 'running' where id = any(array(
           select id from bare where state = 'queued' order by priority desc, id limit $1 for update skip locked))
         returning id, slice`,
        [BATCH],
      );
      await pool.query("update bare set state = 'success' where id = any($1)", [rows.map(({ id }) => id)]);
      return rows.length;
    },
  };
}

async function barfill(pool: pg.Pool): Promise<Contender> {
  await migrate(pool);
  const queue = postgresQueue({ client: pool });
  return {
    clear: () => pool.query("truncate barfill.job_runs, barfill.job_queue, barfill.job_leases"),
    enqueue: (slices) => queue.enqueue(slices),
    async work() {
      const token = crypto.randomUUID();
      const claim = { workerId: "bench", token, limit: BATCH, ttlMs: 60_000, provider: "bench" };
      const leases = await queue.lease(claim);
      await Promise.all(leases.map((lease) => queue.complete(lease, { bars: 0, requests: 1 })));
      return leases.length;
    },
  };
}

/** Runs a second of no-op runs in and out of the queue, against a bare SQL loop on the same server. */
export async function bench(): Promise<void> {
  const server = await startServer();
  const pool = new pg.Pool({ connectionString: server.url, max: LOOPS });
  const best = new Map<string, { enqueue: number; work: number }>();
  try {
    const contenders = { "bare SQL": await bareLoop(pool), barfill: await barfill(pool) };
    const slices = Array.from({ length: RUNS }, (_, i) => sliceAt(i));
    // The first round warms up. After it, contenders take turns, so that noise hits all.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, contender] of Object.entries(contenders)) {
        await contender.clear();
        await pool.query("checkpoint");
        const enqueue = await rate(async () => {
          for (let from = 0; from < RUNS; from += BATCH) await contender.enqueue(slices.slice(from, from + BATCH));
        });
        const work = await rate(async () => {
          const done = await Promise.all(Array.from({ length: LOOPS }, () => drain(contender)));
          const total = done.reduce((sum, count) => sum + count, 0);
          if (total !== RUNS) throw new Error(`${name} completed ${total} runs, not ${RUNS}`);
        });
        const known = best.get(name) ?? { enqueue: 0, work: 0 };
        if (round > 0) best.set(name, { enqueue: Math.max(known.enqueue, enqueue), work: Math.max(known.work, work) });
      }
    }
  } finally {
    await pool.end();
    await server.stop();
  }
  console.log(`${RUNS.toLocaleString("en-US")} runs, ${BATCH} a call, best of ${ROUNDS} rounds, runs a second`);
  console.log(`${"".padEnd(12)} ${"enqueue".padStart(12)} ${"claim and complete".padStart(20)}`);
  for (const [name, { enqueue, work }] of best) {
    console.log(`${name.padEnd(12)} ${show(enqueue).padStart(12)} ${show(work).padStart(20)}`);
  }
  const ratio = (phase: "enqueue" | "work") =>
    ((best.get("barfill")?.[phase] ?? 0) / (best.get("bare SQL")?.[phase] ?? Number.NaN)).toFixed(2);
  console.log(`figure queue-enqueue-vs-bare ${ratio("enqueue")}`);
  console.log(`figure queue-vs-bare ${ratio("work")}`);
}

async function rate(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return RUNS / ((performance.now() - started) / 1000);
}

async function drain(contender: Contender): Promise<number> {
  let done = 0;
  for (;;) {
    const count = await contender.work();
    if (count === 0) return done;
    done += count;
  }
}

function sliceAt(minute: number): Slice {
  return makeSlice({
    provider: "bench",
    symbols: ["SPY"],
    timeframe: "1Min",
    feed: "sip",
    adjustment: "raw",
    interval: { start: minute * 60_000, end: (minute + 1) * 60_000 },
    priority: 0,
    estimate: { bars: 1, pages: 1 },
  });
}

function show(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}
