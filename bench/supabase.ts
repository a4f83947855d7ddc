import type { Bar, Series } from "barfill";
import { supabaseMigrations, supabaseStore } from "barfill/supabase";
import { startSupabase } from "../test/support/supabase.ts";

const PAGE_BARS = 10_000;
const PAGES = 20;
const MINUTE_MS = 60_000;
const START = Date.UTC(2020, 0, 1);
const series: Series = { provider: "bench", symbol: "SPY", timeframe: "1Min", feed: "sip", adjustment: "raw" };

/**
 * 200,000 bars through supabase-js, HTTP and Supabase Lite into PostgreSQL, a page of 10,000 a commit, all in this
 * process: fresh ones, the same again, and read back. There is no rival; what it has to keep up with is the source,
 * which gives 200 pages a minute to most, 10,000 to the best.
 */
export async function bench(): Promise<void> {
  const supabase = await startSupabase("PostgreSQL");
  try {
    const { database } = supabase;
    for (const { sql } of supabaseMigrations()) await database.query(sql);
    await supabase.reload();
    const store = supabaseStore({ client: supabase.client(supabase.keys.secret) });
    const load = async () => {
      const times: number[] = [];
      for (let page = 0; page < PAGES; page++) {
        const start = START + page * PAGE_BARS * MINUTE_MS;
        const interval = { start, end: start + PAGE_BARS * MINUTE_MS };
        const bars = Array.from({ length: PAGE_BARS }, (_, i) => barAt(start + i * MINUTE_MS, i));
        const started = performance.now();
        await store.commit([{ series, bars }], [{ series, interval }]);
        times.push(performance.now() - started);
      }
      return times;
    };
    const rate = (times: readonly number[]) => (PAGE_BARS * times.length * 1000) / times.reduce((a, b) => a + b);
    const fresh = await load();
    const again = await load();
    const started = performance.now();
    let read = 0;
    for await (const _ of store.read(series, { start: START, end: START + PAGES * PAGE_BARS * MINUTE_MS })) read++;
    const reading = (read * 1000) / (performance.now() - started);
    const print = (what: string, value: number, unit: string) =>
      console.log(`${what.padEnd(28)}${Math.round(value).toLocaleString("en").padStart(9)} ${unit}`);
    console.log(`${PAGES} commits of ${PAGE_BARS.toLocaleString("en")} bars, one call each`);
    print("fresh", rate(fresh), "bars/s");
    print("the same again", rate(again), "bars/s");
    print("read back", reading, "bars/s");
    print("the slowest commit", Math.max(...fresh, ...again), "ms");
    console.log(`figure supabase-commits-per-minute ${Math.round((rate(fresh) / PAGE_BARS) * 60)}`);
  } finally {
    await supabase.close();
  }
}

function barAt(openTime: number, i: number): Bar {
  const price = (10_000 + (i % 997)) / 100;
  return {
    openTime,
    open: price,
    high: price + 0.31,
    low: price - 0.29,
    close: price + 0.07,
    volume: 100 + (i % 5000),
    tradeCount: 1 + (i % 300),
    vwap: price + 0.0137,
  };
}
