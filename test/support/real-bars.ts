import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Bar } from "../../src/model/bar.ts";
import type { Timeframe } from "../../src/model/timeframe.ts";

/** The folder of real bars, `undefined` where the environment names none. Says so, once a file that asks. */
export function realBarsFolder(): string | undefined {
  const data = process.env["BARFILL_DATA_DIR"];
  if (data !== undefined && data !== "") return join(data, "bars");
  process.stdout.write("SKIPPED: tests against real bars need BARFILL_DATA_DIR, which is not set\n");
  return undefined;
}

/** The symbols that have a file of `timeframe`, ascending. */
export function symbolsOf(folder: string, timeframe: Timeframe): string[] {
  const names = readdirSync(join(folder, timeframe)).filter((name) => name.endsWith(".csv.gz"));
  return names.map((name) => name.slice(0, -".csv.gz".length)).sort();
}

/** The bars of one file, read by nothing that barfill reads them with. */
export function barsIn(folder: string, timeframe: Timeframe, symbol: string): Bar[] {
  const text = gunzipSync(readFileSync(join(folder, timeframe, `${symbol}.csv.gz`))).toString("utf8");
  const rows = text.trim().split("\n").slice(1);
  return rows.map((row) => {
    const [t = "", ...numbers] = row.split(",");
    const [open = 0, high = 0, low = 0, close = 0, volume = 0] = numbers.map(Number);
    return { openTime: Date.parse(t), open, high, low, close, volume };
  });
}
