// Standing jobs, topped up every night. `tick` queues what is not covered yet and `work` fetches it: the first night
// fills the window, the others bring one day each, and a tick too many brings nothing.
import { createBackfill, defineJobs } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";
import { alpacaSimulator, fakeClock, syntheticMarket } from "barfill/testing";

const DAY_MS = 86_400_000;
// Simulated time, so that the nights pass at once. Without `clock` the same code runs on the wall's.
const clock = fakeClock({ now: Date.parse("2024-06-03T06:00:00Z") });
const simulator = alpacaSimulator({ market: syntheticMarket(), clock });
const jobs = defineJobs({ label: "US", symbols: ["AAPL", "MSFT", "SPY"], windowDays: { h1: 60, d1: 365 } });

const backfill = createBackfill({
  source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
  store: memoryStore(),
  queue: memoryQueue({ clock }),
  clock,
});

for (let night = 1; night <= 4; night++) {
  const runs = await backfill.tick(jobs);
  const again = await backfill.tick(jobs);
  const { runs: worked } = await clock.run(backfill.work());
  const bars = worked.reduce((sum, { tally }) => sum + tally.inserted, 0);
  const day = new Date(clock.now()).toISOString().slice(0, 10);
  console.log(`${day}: ${runs} runs, ${bars} new bars; a second tick queued ${again}`);
  await clock.advance(DAY_MS);
}

// Prints:
// 2024-06-03: 2 runs, 2718 new bars; a second tick queued 0
// 2024-06-04: 2 runs, 51 new bars; a second tick queued 0
// 2024-06-05: 2 runs, 51 new bars; a second tick queued 0
// 2024-06-06: 2 runs, 51 new bars; a second tick queued 0
