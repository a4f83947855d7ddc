import { defineJobs, type JobDefinition } from "../../src/index.ts";
import type { EpochMs } from "../../src/model/interval.ts";
import { nominalMs, type Timeframe } from "../../src/model/timeframe.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/model/units.ts";
import type { BackfillRequest, ReaskOptions } from "../../src/options/request.ts";
import { jobRequest } from "../../src/planning/jobs.ts";
import type { Chance } from "./chance.ts";
import { MARKET } from "./market.ts";

/** What one seed wants, and of which kind of service. */
export interface Workload {
  readonly kind: "stocks" | "crypto";
  readonly now: EpochMs;
  readonly requests: readonly BackfillRequest[];
  /** Ticked beside the requests; part of what must be held in the end. */
  readonly jobs: readonly JobDefinition[];
  /** What the service charges a page at most. */
  readonly pageSize: number;
  readonly withheldTailMs: number;
}

const STOCKS = ["AAPL", "SPY", "MSFT", "SOME", "THIN", "RARE", "BRK.B", "OLD", "NEW", "VIX", "ZBH"];
const PAIRS = ["BTC/USD", "ETH/USD", "DOGE/USD", "XXX/USD"];
/** What the service refuses, and with it the whole request. */
const MALFORMED = { stocks: ["BRK-B", "BF/B", "^GSPC", "A.B.C"], crypto: ["BTCUSD", "BTC-USD", "1INCH/USD"] };

/** Bars that opens of one request cover, at most. */
const SPANS: Readonly<Record<Timeframe, number>> = {
  "1Min": 150,
  "5Min": 60,
  "15Min": 60,
  "30Min": 50,
  "1Hour": 60,
  "4Hour": 30,
  "1Day": 60,
  "1Week": 25,
  "1Month": 14,
};

/** Mondays and days about which clocks change, the exchange closes early or not opens, and a name changes. */
const DAYS = ["2023-06-01", "2023-07-03", "2023-11-03", "2023-11-24", "2024-01-02", "2024-03-08", "2024-06-12"];

/** Names that hardly trade, over months: what they cost turns out to be far less than was guessed, and is cut anew. */
const SILENT = ["VIX", "OLD", "RARE", "XYZW", "ZBH"];

export function drawWorkload(chance: Chance): Workload {
  if (chance.happens(0.06)) return drawSilent(chance.fork(1));
  const kind = chance.happens(0.2) ? "crypto" : "stocks";
  const families: readonly (readonly Timeframe[])[] = [
    ["1Min"],
    ["5Min", "15Min", "30Min", "1Hour", "4Hour"],
    ["1Day", "1Week", "1Month"],
    ["1Min", "1Hour", "1Day"],
  ];
  const timeframes = chance.some(chance.pick(families), 1, 2);
  const anchor = Date.parse(chance.pick(DAYS)) + chance.int(8, 20) * HOUR_MS;
  const isRecent = chance.happens(0.5);
  const now = anchor + (isRecent ? chance.int(0, 90) * MINUTE_MS + chance.int(0, 59_999) : chance.int(2, 400) * DAY_MS);
  const requests = Array.from({ length: chance.happens(0.3) ? 2 : 1 }, () =>
    drawRequest(chance, kind, timeframes, anchor, now),
  );
  const jobs = chance.happens(0.2) ? drawJobs(chance, kind) : [];
  const pages = chance.pick([2, 6, 12, 25, 40]);
  const charge = [...requests, ...jobs.map((job) => jobRequest(job, now))].reduce(
    (sum, request) => sum + chargeOf(request, now),
    0,
  );
  return {
    kind,
    now,
    requests,
    jobs,
    // So that the whole takes about so many pages, however large it is.
    pageSize: Math.min(10_000, Math.max(5, Math.ceil(charge / pages))),
    withheldTailMs: chance.pick([60_000, 60_000, 5 * MINUTE_MS, 16 * MINUTE_MS]),
  };
}

function drawSilent(chance: Chance): Workload {
  const end = Date.parse(chance.pick(["2024-01-02", "2024-03-08", "2024-06-12"])) + 20 * HOUR_MS;
  const symbols = chance.some(SILENT, 4, 5);
  const start = end - chance.int(250, 400) * DAY_MS;
  const requests = [{ symbols, timeframes: ["1Day"], start, end, label: "SILENT" } as const];
  const now = end + DAY_MS;
  return { kind: "stocks", now, requests, jobs: [], pageSize: chance.int(8, 20), withheldTailMs: MINUTE_MS };
}

/** The minutes or bars that the service charges for all that `request` can bring. */
function chargeOf({ symbols, timeframes, start, end }: BackfillRequest, now: EpochMs): number {
  const span = { start: Number(start), end: Math.min(Number(end ?? now), now) };
  const counts = timeframes.flatMap((timeframe) =>
    symbols.map((symbol) => MARKET.count(symbol, timeframe as Timeframe, span).minutes),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function drawRequest(
  chance: Chance,
  kind: Workload["kind"],
  timeframes: readonly Timeframe[],
  anchor: EpochMs,
  now: EpochMs,
): BackfillRequest {
  const good = chance.some(kind === "stocks" ? STOCKS : PAIRS, 1, 5);
  const bad = chance.happens(0.3) ? chance.some(MALFORMED[kind], 1, 2) : [];
  const longest = Math.max(...timeframes.map(nominalMs));
  const bars = chance.int(1, Math.min(...timeframes.map((one) => SPANS[one])));
  // The minutes of a request of hours must stay few.
  const shortest = Math.min(...timeframes.map(nominalMs));
  const spanMs = Math.min(longest * bars, shortest * 400 * (shortest === MINUTE_MS ? 1 : 2));
  const odd = chance.happens(0.2) ? chance.int(-30_000, 30_000) : 0;
  const isOpen = chance.happens(0.3);
  const end = floorTo(isOpen || chance.happens(0.3) ? now + chance.int(-2, 2) * longest : anchor, MINUTE_MS) + odd;
  const start = Math.min(end, now) - Math.max(spanMs, MINUTE_MS);
  return {
    symbols: [...good, ...bad],
    timeframes,
    start,
    ...(isOpen ? {} : { end }),
    ...(chance.happens(0.3) ? { label: chance.pick(["BATCH_1", "BATCH_2"]) } : {}),
    ...(chance.happens(0.2) ? { priority: chance.int(-5, 5) } : {}),
    ...(chance.happens(0.25) ? { reask: drawReask(chance) } : {}),
  };
}

function drawReask(chance: Chance): ReaskOptions {
  return { days: chance.pick([3, 4, 30]), everyHours: chance.pick([1, 6, 24]) };
}

function drawJobs(chance: Chance, kind: Workload["kind"]): JobDefinition[] {
  const symbols = chance.some(kind === "stocks" ? STOCKS : PAIRS, 1, 4);
  const windowDays = chance.pick([{ h1: 2 }, { d1: 40 }, { m30: 1, d1: 10 }]);
  const reask = chance.happens(0.3) ? { reask: drawReask(chance) } : {};
  return defineJobs({ label: "JOB", symbols, windowDays, batchSize: chance.int(1, 4), ...reask });
}

function floorTo(instant: EpochMs, ms: number): EpochMs {
  return Math.floor(instant / ms) * ms;
}

export function isMalformed(symbol: string): boolean {
  return MALFORMED.stocks.includes(symbol) || MALFORMED.crypto.includes(symbol);
}
