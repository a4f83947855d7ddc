import { describe, expect, it } from "vitest";
import { backfillReal, truthIn } from "../support/real-backfill.ts";
import { realBarsFolder } from "../support/real-bars.ts";

const folder = realBarsFolder() ?? "";

describe.skipIf(folder === "")("real bars over HTTP through the official SDK", () => {
  it("read back equal to the files, bar for bar, within 5 % of the least requests", async () => {
    const truth = truthIn(folder);
    const { report, stored, least, stats } = await backfillReal(folder, {});
    expect(report).toMatchObject({ complete: true, gaps: [], failed: [], badBars: [], empty: [] });
    expect(stored).toEqual(truth);
    const hourly = [...truth].filter(([key]) => key.endsWith("1Hour")).reduce((sum, [, bars]) => sum + bars.length, 0);
    expect(hourly).toBe(163_294);
    expect(stats).toMatchObject({ requests: report.requests, rejected: 0, overdrawn: 0 });
    expect(report.requests).toBeLessThan(least * 1.05);
  });

  it("hold the split of Apple, whose first minute straddles it", () => {
    expect(truthIn(folder).get("AAPL 1Min")).toContainEqual(expect.objectContaining({ open: 645.57, low: 92.23 }));
  });
});
