import { expect, it } from "vitest";
import type { Bar } from "../../src/model/bar.ts";
import { DAY_MS, MINUTE_MS } from "../../src/model/units.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import type { ScriptedCall } from "../../src/testing/scripted-source.ts";
import { smallBackfill } from "../support/small-backfill.ts";

const NOW = Date.UTC(2024, 5, 4);
const START = NOW - DAY_MS;
const SYMBOLS = Array.from({ length: 50 }, (_, i) => `S${i}`);
const wish = { symbols: SYMBOLS, timeframes: ["1Min"], start: START, end: NOW } as const;

/** Thin: a bar every half an hour. */
const BARS: Bar[] = Array.from({ length: 48 }, (_, i) => {
  return { openTime: START + i * 30 * MINUTE_MS, open: 1, high: 2, low: 1, close: i, volume: 1 };
});

/**
 * Each symbol is held up to a minute more before the end, as after an import of files; the last bar of `S5` is
 * outdated.
 */
async function imported() {
  const clock = fakeClock({ now: NOW });
  const source = { bars: Object.fromEntries(SYMBOLS.map((symbol) => [symbol, BARS])), pageSize: 10_000 };
  const small = smallBackfill({ ...source, limits: { pageSize: 10_000 } }, { clock });
  for (const [i, symbol] of SYMBOLS.entries()) {
    const series = { provider: "scripted", symbol, timeframe: "1Min", feed: "us", adjustment: "raw" } as const;
    const interval = { start: START - DAY_MS, end: NOW - (i + 1) * MINUTE_MS };
    const held = BARS.filter(({ openTime }) => openTime < interval.end);
    const bars = symbol === "S5" ? [...held.slice(0, -1), { ...(held.at(-1) as Bar), close: -1 }] : held;
    await small.store.commit([{ series, bars }], [{ series, interval }]);
  }
  return small;
}

it("50 symbols that are held up to 50 instants cost one request; what comes again is written where it differs", async () => {
  const { backfill, source, clock } = await imported();
  const report = await clock.run(backfill.run(wish));
  // 50 when each symbol was asked for by itself.
  expect(source.calls).toHaveLength(1);
  expect(source.calls[0]?.request).toMatchObject({ interval: { start: NOW - 50 * MINUTE_MS, end: NOW } });
  expect(report).toMatchObject({ complete: true, gaps: [], requests: 1, revised: 1 });
});

it("of ticks too, beside what others have queued: no bar is in two slices", async () => {
  const { backfill, queue, source, clock } = await imported();
  const other = await clock.run(backfill.plan({ ...wish, symbols: ["S3"], start: NOW - 2 * MINUTE_MS }));
  await clock.run(backfill.enqueue(other));
  const job = { label: "ALL", symbols: SYMBOLS, timeframe: "1Min" as const, windowDays: 1, priority: 0, enabled: true };
  expect(await clock.run(backfill.tick([job]))).toBe(2);
  const [first, all, rest] = await queue.open({});
  expect(first?.symbols).toEqual(["S3"]);
  expect(all?.symbols).toHaveLength(49);
  expect(rest).toMatchObject({ symbols: ["S3"], interval: { start: NOW - 4 * MINUTE_MS, end: NOW - 2 * MINUTE_MS } });
  await clock.run(backfill.work());
  expect(source.calls).toHaveLength(3);
  expect(await clock.run(backfill.report(wish))).toMatchObject({ complete: true, gaps: [] });
});

it("what is left of a slice that was stopped is asked for alone, though one question would do", async () => {
  const clock = fakeClock({ now: NOW });
  const stop = new AbortController();
  const bars = Object.fromEntries(SYMBOLS.slice(0, 3).map((symbol) => [symbol, BARS]));
  // A page is believed to hold 10,000 bars, and holds 30.
  const limits = { pageSize: 10_000 };
  const script = ({ call }: ScriptedCall) => {
    if (call === 3) stop.abort();
    return undefined;
  };
  const small = smallBackfill({ bars, limits, pageSize: 30, script }, { clock });
  const three = { ...wish, symbols: SYMBOLS.slice(0, 3) };
  await clock.run(small.backfill.enqueue(await clock.run(small.backfill.plan(three))));
  await clock.run(small.backfill.work({ signal: stop.signal }));
  await clock.run(small.backfill.work());
  const [again] = small.source.calls.slice(3);
  expect(again?.request.symbols).toEqual(["S1"]);
  expect(again?.request.interval.start).toBeGreaterThan(START);
  expect(await clock.run(small.backfill.report(three))).toMatchObject({ complete: true });
});
