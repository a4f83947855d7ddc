import pg from "pg";
import { makeSlice, type Slice } from "../src/model/slice.ts";
import { startServer } from "../test/support/postgres-server.ts";
import {
  BATCH,
  bareLoop,
  bareUnique,
  barfill,
  type Contender,
  graphileWorker,
  LOOPS,
  pgBoss,
} from "./support/queue-contenders.ts";

const RUNS = 50_000;
const ROUNDS = 7;

/** By their names in figures. */
const RIVALS = [
  ["bare", "bare SQL"],
  ["bare-unique", "bare, unique ids"],
  ["graphile", "graphile-worker"],
  ["pg-boss", "pg-boss"],
] as const;

type Phase = "enqueue" | "work";
/** Runs a second. */
type Rates = Readonly<Record<Phase, number>>;

/** No-op runs in and out of the queue, against a bare SQL loop and other queues on the same server. */
export async function bench(): Promise<void> {
  const server = await startServer({ max_wal_size: "4GB" });
  const pool = new pg.Pool({ connectionString: server.url, max: LOOPS });
  // Of its own choice: ten connections.
  const widePool = new pg.Pool({ connectionString: server.url, max: 10 });
  const contenders: Contender[] = [];
  const rounds = new Map<string, Rates[]>();
  try {
    for (const open of [bareLoop, bareUnique, barfill, pgBoss]) contenders.push(await open(pool));
    contenders.push(await graphileWorker(widePool));
    const slices = Array.from({ length: RUNS }, (_, i) => sliceAt(i));
    // The first round warms up. After it, contenders take turns, so that noise hits all.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const contender of contenders) {
        const rates = await measure(contender, slices, pool);
        if (round > 0) rounds.set(contender.name, [...(rounds.get(contender.name) ?? []), rates]);
      }
    }
  } finally {
    for (const { close } of contenders) await close?.();
    await Promise.all([pool.end(), widePool.end()]);
    await server.stop();
  }
  const best = (name: string, phase: Phase) => Math.max(...(rounds.get(name) ?? []).map((rates) => rates[phase]));
  console.log(`${RUNS.toLocaleString("en-US")} runs, ${BATCH} a call, best of ${ROUNDS} rounds, runs a second`);
  console.log(`${"".padEnd(16)} ${"enqueue".padStart(12)} ${"claim and complete".padStart(20)}`);
  for (const name of rounds.keys()) {
    const [enqueue, work] = [show(best(name, "enqueue")), show(best(name, "work"))];
    console.log(`${name.padEnd(16)} ${enqueue.padStart(12)} ${work.padStart(20)}`);
  }
  // Of each round its own, for what disturbs a round disturbs neighbours alike; the best of all rounds would be luck's.
  const ratio = (rate: (rates: Rates) => number, rival: string) => {
    const [ours, theirs] = [rounds.get("barfill") ?? [], rounds.get(rival) ?? []];
    const ratios = ours.map((rates, i) => rate(rates) / rate(theirs[i] ?? rates)).sort((a, b) => a - b);
    return (ratios[Math.floor(ratios.length / 2)] ?? Number.NaN).toFixed(2);
  };
  const enqueued = ({ enqueue }: Rates) => enqueue;
  const worked = ({ work }: Rates) => work;
  const inAndOut = ({ enqueue, work }: Rates) => 1 / (1 / enqueue + 1 / work);
  for (const [short, rival] of RIVALS) {
    console.log(`figure queue-vs-${short} ${ratio(worked, rival)}`);
    console.log(`figure queue-enqueue-vs-${short} ${ratio(enqueued, rival)}`);
    console.log(`figure queue-cycle-vs-${short} ${ratio(inAndOut, rival)}`);
  }
}

async function measure(contender: Contender, slices: readonly Slice[], pool: pg.Pool): Promise<Rates> {
  await contender.clear();
  await pool.query("checkpoint");
  const enqueue = await rate(async () => {
    for (let from = 0; from < RUNS; from += BATCH) await contender.enqueue(slices.slice(from, from + BATCH));
  });
  const work = await rate(async () => {
    const done = await contender.drain();
    if (done !== RUNS) throw new Error(`${contender.name} completed ${done} runs, not ${RUNS}`);
  });
  return { enqueue, work };
}

async function rate(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return RUNS / ((performance.now() - started) / 1000);
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
