// Bars from somewhere else: a source of your own in the place of Alpaca's.
import { createBackfill } from "barfill";
import { memoryQueue, memoryStore } from "barfill/memory";
import { tidal } from "./support/tidal-source.ts";

const backfill = createBackfill({ source: tidal, store: memoryStore(), queue: memoryQueue(), requestsPerMinute: 6000 });
const report = await backfill.run({
  symbols: ["EBB", "FLOW"],
  timeframes: ["1Hour"],
  start: "2024-01-01",
  end: "2024-01-08",
});
console.log(`complete: ${report.complete}, ${report.bars} bars in ${report.requests} requests`);

// Prints:
// complete: true, 336 bars in 2 requests
