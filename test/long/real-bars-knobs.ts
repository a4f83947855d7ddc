import { describe, expect, it } from "vitest";
import { KNOBS, type Knobs } from "../../src/testing/simulator/index.ts";
import { backfillReal, truthIn } from "../support/real-backfill.ts";
import { realBarsFolder } from "../support/real-bars.ts";

const folder = realBarsFolder() ?? "";

/** All minutes that there are, and the hours and days of both sides of 2016; from 1998 on: test/main-job/real-bars. */
const START = Date.UTC(2013, 0, 1);

/** The settings other than the default, one at a time. */
const OTHER_SETTINGS = Object.entries(KNOBS).flatMap(([knob, settings]) =>
  settings.slice(1).map((setting) => ({ knob, setting, knobs: { [knob]: setting } as Partial<Knobs> })),
);

/** Defines the tests of every `of`th setting from the `part`th on: two files, so that two cores share them. */
export function describeKnobs(part: number, of: number): void {
  describe.skipIf(folder === "")("real bars, whatever the service turns out to do", () => {
    it.each(OTHER_SETTINGS.filter((_, at) => at % of === part))(
      "read back equal with $knob: $setting",
      async ({ knobs }) => {
        const { report, stored } = await backfillReal(folder, knobs, START);
        expect(report).toMatchObject({ complete: true, gaps: [], failed: [], badBars: [] });
        // Where history begins in 2016, what lies before is answered, and empty.
        const from = knobs.history === "by-feed" ? Date.UTC(2016, 0, 1) : START;
        for (const [key, bars] of truthIn(folder)) {
          expect(stored.get(key), key).toEqual(bars.filter((bar) => bar.openTime >= from));
        }
      },
    );
  });
}
