import { runConformance, sourceCases } from "barfill/testing";
import { expect, test } from "vitest";
import { tidal } from "../../examples/support/tidal-source.ts";

const request = {
  symbols: ["EBB"],
  timeframe: "1Hour",
  feed: "floor",
  adjustment: "raw",
  interval: { start: Date.UTC(2024, 0, 1), end: Date.UTC(2024, 0, 8) },
} as const;

runConformance({
  cases: sourceCases,
  create: async () => ({
    source: tidal,
    request,
    barCounts: { EBB: 7 * 24 },
    withoutBars: { start: request.interval.start + 1, end: request.interval.start + 3_600_000 },
  }),
  test,
  exempt: { B06: "it answers without pages" },
});

test("a timeframe that it has not is refused, and not answered with nothing", async () => {
  await expect(tidal.fetchPage({ ...request, timeframe: "1Day" })).rejects.toMatchObject({ code: "SOURCE_REJECTED" });
});
