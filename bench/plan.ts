import { createBackfill } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";

const ROUNDS = 5;
const symbols = Array.from({ length: 10_000 }, (_, i) => `N${(i + 1000).toString(36).toUpperCase()}`);

/** A plan of 10,000 symbols, ten years of minutes, against the bound of a second and 200 MB. */
export async function bench(): Promise<void> {
  const backfill = createBackfill({
    source: alpacaStocks({ keyId: "key", secretKey: "secret" }),
    store: memoryStore(),
    queue: memoryQueue(),
  });
  const request = { symbols, timeframes: ["1Min"], start: "2016-01-01", end: "2026-01-01" } as const;
  let seconds = Number.POSITIVE_INFINITY;
  let peak = 0;
  let slices = 0;
  for (let round = 0; round < ROUNDS; round++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const started = performance.now();
    const plan = await backfill.plan(request);
    seconds = Math.min(seconds, (performance.now() - started) / 1000);
    // What is on the heap before anything is collected: the plan, and all that making it left behind.
    peak = Math.max(peak, (process.memoryUsage().heapUsed - before) / 1e6);
    slices = plan.slices.length;
  }
  console.log(
    `${slices.toLocaleString("en-US")} slices in ${seconds.toFixed(2)} s, best of ${ROUNDS}; ${peak.toFixed(0)} MB at most`,
  );
  console.log(`figure plan-vs-one-second ${(1 / seconds).toFixed(2)}`);
  console.log(`figure plan-vs-200-mb ${(200 / peak).toFixed(2)}`);
}
