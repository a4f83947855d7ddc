// Alpaca's free subscription, and its service gone for five minutes: by the real source, limiter and simulator.
import { expect, test } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { createBackfill, fixedWindow } from "../../src/index.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator } from "../../src/testing/simulator/index.ts";

const MINUTE_MS = 60_000;
const PER_MINUTE = 200;
const SLICES = 1000;
const symbols = Array.from({ length: SLICES }, (_, i) => `S${i + 1000}`);

/** A thousand slices of a request each; the service answers nobody from the second minute on, for so many. */
async function filled(awayMinutes: number) {
  const from = Date.UTC(2024, 5, 3);
  const clock = fakeClock({ now: from });
  const simulator = alpacaSimulator({ market: syntheticMarket(), clock, requestsPerMinute: PER_MINUTE });
  let lost = 0;
  const fetch = async (...args: Parameters<typeof simulator.fetch>) => {
    await clock.sleep(300);
    const awayMs = clock.now() - from - 2 * MINUTE_MS;
    if (awayMs < 0 || awayMs >= awayMinutes * MINUTE_MS) return simulator.fetch(...args);
    lost++;
    return new Response("<html>503</html>", { status: 503 });
  };
  const backfill = createBackfill({
    source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch }),
    ...{ store: memoryStore(), queue: memoryQueue({ clock }), clock, random: () => 0.5 },
    ...{ planner: fixedWindow({ symbols: 1 }), requestsPerMinute: PER_MINUTE },
  });
  const request = { symbols, timeframes: ["1Day"], start: Date.UTC(2024, 0), end: Date.UTC(2024, 0, 20) } as const;
  const report = await clock.run(backfill.run(request));
  return { report, lost, rejected: simulator.stats.rejected };
}

test("five minutes without an answer cost a thousand slices few requests, and none of them", async () => {
  const { report, lost, rejected } = await filled(5);
  const lateMs = report.elapsedMs - ((SLICES - 1) * MINUTE_MS) / PER_MINUTE - 5 * MINUTE_MS;
  console.log(`${lost} requests lost, ${Math.round(lateMs)} ms late`);
  expect(report).toMatchObject({ complete: true, failed: [], runs: { success: SLICES, failed: 0 } });
  expect(report.requests).toBe(SLICES + lost);
  // 915 when each slice used up its own tries.
  expect(lost).toBeLessThanOrEqual(80);
  expect(rejected).toBe(0);
  expect(lateMs).toBeLessThanOrEqual(30_000);
});
