import { execFile } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Bar, type Interval, type Series, seriesKey } from "barfill";
import { migrate, postgresStore } from "barfill/postgres";
import pg from "pg";
import { startServer } from "../test/support/postgres-server.ts";

const PAGE_BARS = 10_000;
const START = Date.UTC(2020, 0, 1);
const MINUTE_MS = 60_000;

interface Page {
  readonly series: Series;
  readonly bars: readonly Bar[];
  readonly interval: Interval;
}

/** The pages of `count` minute bars, 100,000 a symbol, made when they are asked for. */
function* pagesOf(count: number): Generator<Page> {
  for (let first = 0; first < count; first += PAGE_BARS) {
    const symbol = `S${Math.floor(first / 100_000)}`;
    const series: Series = { provider: "bench", symbol, timeframe: "1Min", feed: "sip", adjustment: "raw" };
    const from = START + (first % 100_000) * MINUTE_MS;
    const bars = Array.from({ length: PAGE_BARS }, (_, i): Bar => {
      const cents = 10_000 + ((first + i) % 997);
      const [open, high, low, close] = [cents, cents + 31, cents - 29, cents + 7].map((price) => price / 100);
      return {
        openTime: from + i * MINUTE_MS,
        ...({ open, high, low, close } as Record<"open" | "high" | "low" | "close", number>),
        volume: 100 + ((first + i) % 5000),
        tradeCount: 1 + (i % 300),
        vwap: (cents + 1.37) / 100,
      };
    });
    yield { series, bars, interval: { start: from, end: from + PAGE_BARS * MINUTE_MS } };
  }
}

/**
 * A million bars, or BENCH_BARS, into PostgreSQL over one connection, a page a commit, against `psql \copy` into the
 * same table.
 */
export async function bench(): Promise<void> {
  const count = process.env["BENCH_BARS"] === undefined ? 1_000_000 : Number(process.env["BENCH_BARS"]);
  const rounds = count > 1_000_000 ? 2 : 3;
  // A quarter of the memory, as PostgreSQL's manual advises. Under the default of 128 MB every load is a third slower
  // from the moment on at which the kernel begins to write pages back, which may be in its first tenth or its last.
  const sharedBuffers = `${Math.floor(totalmem() / 4 / 2 ** 20)}MB`;
  const server = await startServer({ max_wal_size: "8GB", shared_buffers: sharedBuffers });
  const pool = new pg.Pool({ connectionString: server.url, max: 2 });
  const folder = mkdtempSync(join(tmpdir(), "barfill-bench-"));
  try {
    await migrate(pool);
    const store = postgresStore({ client: pool });
    const file = join(folder, "bars.tsv");
    writeRows(file, count);

    const load = async () => {
      let committing = 0;
      const rates: number[] = [];
      let peakRss = 0;
      for (const { series, bars, interval } of pagesOf(count)) {
        const started = performance.now();
        await store.commit([{ series, bars }], [{ series, interval }]);
        const took = performance.now() - started;
        committing += took;
        rates.push(took);
        peakRss = Math.max(peakRss, process.memoryUsage.rss());
      }
      return { rate: count / (committing / 1000), rates, peakRss };
    };

    let bound = 0;
    let fresh = 0;
    let again = 0;
    let walShare = 0;
    let growth = 0;
    let last: Awaited<ReturnType<typeof load>> | undefined;
    for (let round = 0; round < rounds; round++) {
      await empty(pool);
      const started = performance.now();
      await copyWithPsql(server.url, file);
      bound = Math.max(bound, count / ((performance.now() - started) / 1000));

      await empty(pool);
      const before = await written(pool);
      last = await load();
      fresh = Math.max(fresh, last.rate);
      const between = await written(pool);
      again = Math.max(again, (await load()).rate);
      const after = await written(pool);
      walShare = (after.wal - between.wal) / (between.wal - before.wal);
      growth = after.table - between.table;
    }
    const stored = await pool.query<{ count: string }>("select count(*) from barfill.bars");
    if (Number(stored.rows[0]?.count) !== count) throw new Error(`${stored.rows[0]?.count} bars are stored`);

    const line = (name: string, rate: number) =>
      console.log(`${name.padEnd(28)} ${Math.round(rate).toLocaleString("en-US").padStart(12)} bars/s`);
    console.log(`${count.toLocaleString("en-US")} bars, ${PAGE_BARS} a commit, best of ${rounds} rounds`);
    line("psql \\copy, one transaction", bound);
    line("barfill, fresh", fresh);
    line("barfill, the same again", again);
    console.log(`the same again: ${(100 * walShare).toFixed(2)} % of the log, ${growth} bytes of growth`);
    const tenth = Math.ceil((last?.rates.length ?? 0) / 10);
    const mean = (times: readonly number[] = []) => times.reduce((sum, ms) => sum + ms, 0) / times.length;
    const tenths = Array.from({ length: 10 }, (_, i) => last?.rates.slice(i * tenth, (i + 1) * tenth));
    console.log(`ms a commit, by tenths: ${tenths.map((times) => mean(times).toFixed(1)).join(" ")}`);
    console.log(`peak memory ${((last?.peakRss ?? 0) / 2 ** 20).toFixed(0)} MB`);
    console.log(`figure store-fresh-vs-psql ${(fresh / bound).toFixed(2)}`);
    console.log(`figure store-again-vs-psql ${(again / bound).toFixed(2)}`);
    console.log(`figure store-again-log-share ${walShare.toFixed(4)}`);
    console.log(`figure store-again-growth-bytes ${growth}`);
    console.log(
      `figure store-last-tenth-vs-first ${(mean(last?.rates.slice(0, tenth)) / mean(last?.rates.slice(-tenth))).toFixed(2)}`,
    );
  } finally {
    await pool.end();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function empty(pool: pg.Pool): Promise<void> {
  await pool.query("truncate barfill.bars, barfill.coverage");
  await pool.query("checkpoint");
}

async function written(pool: pg.Pool): Promise<{ readonly wal: number; readonly table: number }> {
  const { rows } = await pool.query<{ wal: number; table: number }>(
    `select (pg_current_wal_lsn() - '0/0')::float8 as wal, (pg_relation_size('barfill.bars') + pg_indexes_size('barfill.bars'))::float8 as table`,
  );
  return rows[0] ?? { wal: Number.NaN, table: Number.NaN };
}

/** The same rows as text, with ids counted from 1 as the symbols come. */
function writeRows(path: string, count: number): void {
  const ids = new Map<string, number>();
  const file = openSync(path, "w");
  for (const { series, bars } of pagesOf(count)) {
    const key = seriesKey(series);
    const id = ids.get(key) ?? ids.size + 1;
    ids.set(key, id);
    const lines = bars.map((bar) => {
      const { openTime, open, high, low, close, volume, vwap, tradeCount } = bar;
      return [id, new Date(openTime).toISOString(), open, high, low, close, volume, vwap, tradeCount].join("\t");
    });
    writeSync(file, `${lines.join("\n")}\n`);
  }
  closeSync(file);
}

async function copyWithPsql(url: string, file: string): Promise<void> {
  await promisify(execFile)("psql", [
    "-X",
    "-q",
    "-v",
    "ON_ERROR_STOP=1",
    url,
    "-c",
    `\\copy barfill.bars from '${file}'`,
  ]);
}
