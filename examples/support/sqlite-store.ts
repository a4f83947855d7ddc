// A store in SQLite: three methods, proven by storeCases in test/examples/sqlite-store.test.ts.
import {
  type Bar,
  type BarStore,
  type CoveredSpan,
  type Interval,
  intervals,
  OptionsError,
  type OptionsIssue,
  type Series,
  type SeriesBars,
  StoreError,
  seriesKey,
} from "barfill";
import type { Database } from "node-sqlite3-wasm";

// A series is named by one string and its bars by its id, so that a bar costs no text. SQLite compares text byte
// by byte unless told otherwise: symbols are told apart by case.
const SCHEMA = `
  create table if not exists series (
    id integer primary key,
    key text not null unique,
    provider text not null,
    symbol text not null,
    timeframe text not null,
    feed text not null,
    adjustment text not null
  ) strict;
  create table if not exists bars (
    series_id integer not null references series,
    open_time integer not null,
    open real not null,
    high real not null,
    low real not null,
    close real not null,
    volume real not null,
    trade_count real,
    vwap real,
    primary key (series_id, open_time)
  ) strict, without rowid;
  create table if not exists coverage (
    series_id integer not null references series,
    span_start integer not null,
    span_end integer not null,
    primary key (series_id, span_start)
  ) strict, without rowid;
`;

const INSERT_SERIES = `
  insert into series (key, provider, symbol, timeframe, feed, adjustment) values (?, ?, ?, ?, ?, ?)
  on conflict do nothing`;

const SERIES_ID = "select id from series where key = ?";

const INSERT_BAR = `
  insert into bars (series_id, open_time, open, high, low, close, volume, trade_count, vwap)
  values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
  on conflict do nothing`;

// IS NOT, unlike <>, takes two NULLs for equal.
const REVISE_BAR = `
  update bars set (open, high, low, close, volume, trade_count, vwap) = (?3, ?4, ?5, ?6, ?7, ?8, ?9)
  where series_id = ?1 and open_time = ?2
    and (open, high, low, close, volume, trade_count, vwap) is not (?3, ?4, ?5, ?6, ?7, ?8, ?9)`;

const TAKE_OUT_SPANS = `
  delete from coverage where series_id = ?1 and span_end >= ?2 and span_start <= ?3
  returning span_start as "start", span_end as "end"`;

const INSERT_SPAN = "insert into coverage (series_id, span_start, span_end) values (?, ?, ?)";

const READ_SPANS = `
  select span_start as "start", span_end as "end" from coverage
  where series_id = (select id from series where key = ?1) and span_end > ?2 and span_start < ?3`;

const READ_BARS = `
  select open_time as openTime, open, high, low, close, volume, trade_count as tradeCount, vwap from bars
  where series_id = (select id from series where key = ?1) and open_time >= ?2 and open_time < ?3
  order by open_time limit 1000`;

/**
 * Bars and coverage in the tables `series`, `bars` and `coverage`, which are made where they are not there. The
 * database stays the caller's: to open, and to close when the backfill is over.
 */
export function sqliteStore(db: Database): BarStore {
  translated(() => db.exec(SCHEMA));
  return {
    // Nothing is awaited inside: of this process, one commit is over before the next begins.
    async commit(bars, covered) {
      refuseBadTimes(bars, covered);
      const passed = bars.reduce((sum, { bars: some }) => sum + some.length, 0);
      const { inserted, revised } = translated(() => transaction(db, () => write(db, bars, covered)));
      return { inserted, revised, unchanged: passed - inserted - revised };
    },
    async coverage(series, within) {
      const spans = (key: string) => rows<Interval>(db, READ_SPANS, [key, within.start, within.end]);
      return translated(
        () => new Map(series.map(seriesKey).map((key) => [key, intervals.intersect(spans(key), [within])])),
      );
    },
    // By pages, not by a cursor: whoever stops early leaves nothing open, and commits may come in between.
    async *read(series, within) {
      let from = within.start;
      for (;;) {
        const page = translated(() => rows<BarRow>(db, READ_BARS, [seriesKey(series), from, within.end]));
        yield* page.map(barOf);
        const last = page.at(-1);
        if (last === undefined) return;
        from = last.openTime + 1;
      }
    },
  };
}

const rows = <Row>(db: Database, sql: string, values: (string | number)[]) => db.all(sql, values) as Row[];

function write(db: Database, bars: readonly SeriesBars[], covered: readonly CoveredSpan[]) {
  let inserted = 0;
  let revised = 0;
  for (const { series, byTime } of lastOfEach(bars)) {
    const id = seriesId(db, series);
    for (const bar of byTime.values()) {
      const { openTime, open, high, low, close, volume, tradeCount = null, vwap = null } = bar;
      const values = [id, openTime, open, high, low, close, volume, tradeCount, vwap];
      // `run` prepares anew, 5 µs a bar where a kept statement takes 2; but a kept one has to be freed by hand.
      if (db.run(INSERT_BAR, values).changes > 0) inserted++;
      else if (db.run(REVISE_BAR, values).changes > 0) revised++;
    }
  }
  for (const { series, interval } of covered) {
    if (intervals.isEmpty(interval)) continue;
    const id = seriesId(db, series);
    const touching = rows<Interval>(db, TAKE_OUT_SPANS, [id, interval.start, interval.end]);
    for (const { start, end } of intervals.merge([interval, ...touching])) db.run(INSERT_SPAN, [id, start, end]);
  }
  return { inserted, revised };
}

/** Of several bars at one open time the last: written one after the other they would count as revised every time. */
function lastOfEach(bars: readonly SeriesBars[]) {
  const bySeries = new Map<string, { readonly series: Series; readonly byTime: Map<number, Bar> }>();
  for (const { series, bars: some } of bars) {
    const key = seriesKey(series);
    const { byTime } = bySeries.get(key) ?? { byTime: new Map<number, Bar>() };
    for (const bar of some) byTime.set(bar.openTime, bar);
    bySeries.set(key, { series, byTime });
  }
  return bySeries.values();
}

function seriesId(db: Database, series: Series): number {
  const { provider, symbol, timeframe, feed, adjustment } = series;
  const key = seriesKey(series);
  db.run(INSERT_SERIES, [key, provider, symbol, timeframe, feed, adjustment]);
  return db.get(SERIES_ID, key)?.["id"] as number;
}

interface BarRow extends Omit<Required<Bar>, "tradeCount" | "vwap"> {
  readonly tradeCount: number | null;
  readonly vwap: number | null;
}

/** NULL comes back as an absent key. */
function barOf({ tradeCount, vwap, ...bar }: BarRow): Bar {
  return { ...bar, ...(tradeCount !== null && { tradeCount }), ...(vwap !== null && { vwap }) };
}

function refuseBadTimes(bars: readonly SeriesBars[], covered: readonly CoveredSpan[]): void {
  const issues: OptionsIssue[] = [];
  const check = (time: number, path: () => string) => {
    if (Number.isSafeInteger(time)) return;
    issues.push({ path: path(), expected: "whole milliseconds since the epoch", received: String(time) });
  };
  for (const [i, { bars: some }] of bars.entries()) {
    for (const [j, { openTime }] of some.entries()) check(openTime, () => `bars[${i}].bars[${j}].openTime`);
  }
  for (const [i, { interval }] of covered.entries()) {
    check(interval.start, () => `covered[${i}].interval.start`);
    check(interval.end, () => `covered[${i}].interval.end`);
  }
  if (issues.length > 0) throw new OptionsError(issues);
}

function transaction<Result>(db: Database, work: () => Result): Result {
  // Immediate: a transaction that begins by reading and then wants to write fails where another process has written.
  db.exec("begin immediate");
  try {
    const result = work();
    db.exec("commit");
    return result;
  } catch (error) {
    // Some errors have ended it already, a full disk among them: https://www.sqlite.org/lang_transaction.html
    if (db.inTransaction) db.exec("rollback");
    throw error;
  }
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/closed/, "close the database after the backfill, not before"],
  [/within a transaction/, "give the store a connection of its own: this one has a transaction open"],
  [/readonly/, "open the database for writing"],
];

/** SQLite's errors as barfill's; all others are bugs, and stay what they are. */
function translated<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    // By its name: of the package the store needs no more than the types.
    if (!(error instanceof Error) || error.name !== "SQLite3Error") throw error;
    const { message } = error;
    const hint = HINTS.find(([pattern]) => pattern.test(message))?.[1];
    throw new StoreError(`SQLite: ${message}`, {
      // The package gives no codes. SQLITE_BUSY and SQLITE_LOCKED, https://www.sqlite.org/rescode.html: another writes.
      disposition: /^database( table)? is locked/.test(message) ? "retry" : "halt",
      ...(hint !== undefined && { hint }),
      cause: error,
    });
  }
}
