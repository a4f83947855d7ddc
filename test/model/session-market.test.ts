import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { formatDay, newYorkDay, newYorkMidnight, newYorkTime, parseDay } from "../../src/model/new-york.ts";
import { nyseCalendar } from "../../src/model/session.ts";
import { HOUR_MS } from "../../src/model/units.ts";

// The calendar against what the market printed: bars/<timeframe>/<SYMBOL>.csv.gz under BARFILL_DATA_DIR, whose first
// column is the open time in RFC 3339.
const dataDir = process.env["BARFILL_DATA_DIR"];
if (dataDir === undefined) {
  console.warn("The calendar was not compared with real bars: BARFILL_DATA_DIR is not set.");
}

function openTimes(timeframe: string, symbol: string): number[] {
  const file = readFileSync(join(dataDir as string, "bars", timeframe, `${symbol}.csv.gz`));
  const rows = gunzipSync(file).toString("utf8").trimEnd().split("\n").slice(1);
  return rows.map((row) => Date.parse(row.slice(0, row.indexOf(","))));
}

describe.skipIf(dataDir === undefined)("the calendar of 1998-01-02 to 2021-03-31 against real bars", () => {
  const within = { start: newYorkMidnight(parseDay("1998-01-02")), end: newYorkMidnight(parseDay("2021-04-01")) };
  const sessions = nyseCalendar().sessions(within);
  const inSpan = (time: number) => time >= within.start && time < within.end;

  test.each(["AAPL", "BAC", "IBM", "SPY"])(
    "every day with a daily bar of %s is a session, and the reverse",
    (symbol) => {
      const dates = openTimes("1Day", symbol)
        .filter(inSpan)
        .map((time) => formatDay(newYorkDay(time)));
      expect(dates).toEqual(sessions.map(({ date }) => date));
    },
  );

  test("daily bars open at the midnight of their session", () => {
    expect(openTimes("1Day", "IBM").filter(inSpan)).toEqual(sessions.map(({ midnight }) => midnight));
  });

  test("half days end early, full days do not", () => {
    const lastOpen = new Map(openTimes("1Hour", "IBM").map((time) => [newYorkDay(time), time]));
    const wrong = sessions.filter(({ date, open, close }) => {
      const day = parseDay(date);
      const last = lastOpen.get(day);
      if (last === undefined) return true;
      const half = close - open < 6 * HOUR_MS;
      return half ? last >= close + 2 * HOUR_MS : last < newYorkTime(day, 15 * 60);
    });
    expect(wrong).toEqual([]);
  });
});
