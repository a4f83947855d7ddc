// Your own code under test, against an Alpaca that breaks on cue, in simulated time: nothing waits, nothing is left
// open.
import assert from "node:assert/strict";
import test from "node:test";
import { type Backfill, createBackfill } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";
import { alpacaSimulator, fakeClock, syntheticMarket } from "barfill/testing";

/** The code under test: it promises to say what it could not fill. */
async function fillYesterday(backfill: Backfill): Promise<string> {
  const report = await backfill.run({ symbols: ["SPY"], timeframes: ["1Min"], start: "2024-01-02", end: "2024-01-03" });
  return report.complete ? "done" : `${report.gaps.length} series lack something`;
}

function backfillAgainst(simulator: ReturnType<typeof alpacaSimulator>, clock: ReturnType<typeof fakeClock>): Backfill {
  return createBackfill({
    source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
    store: memoryStore(),
    queue: memoryQueue({ clock }),
    clock,
  });
}

test("a passing outage is survived", async () => {
  const clock = fakeClock({ now: Date.UTC(2024, 0, 4) });
  const faults = [{ kind: "unavailable", status: 503, request: 1 }] as const;
  const simulator = alpacaSimulator({ market: syntheticMarket(), clock, faults });
  assert.equal(await clock.run(fillYesterday(backfillAgainst(simulator, clock))), "done");
  assert.equal(simulator.stats.requests, 2);
});

test("an outage that lasts is told", async () => {
  const clock = fakeClock({ now: Date.UTC(2024, 0, 4) });
  const faults = [{ kind: "unavailable", status: 503, every: 1 }] as const;
  const simulator = alpacaSimulator({ market: syntheticMarket(), clock, faults });
  assert.equal(await clock.run(fillYesterday(backfillAgainst(simulator, clock))), "1 series lack something");
});
