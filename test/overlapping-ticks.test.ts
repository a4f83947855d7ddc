import { describe, expect, it } from "vitest";
import { memoryQueue } from "../src/adapters/memory/index.ts";
import type { SliceQueue } from "../src/contracts/slice-queue.ts";
import { clip } from "../src/model/interval.ts";
import { fakeClock } from "../src/testing/fake-clock.ts";
import { minuteBars, smallBackfill } from "./support/small-backfill.ts";

const BARS = { A0: minuteBars(5), B0: minuteBars(10) };
const oneSlice = { pageSize: 3, limits: { pageSize: 1_000_000 } };

describe("ticks of two processes at once, whose clocks are a minute apart", () => {
  const MINUTE_MS = 60_000;
  const jobs = ["US_BATCH_1", "US_BATCH_2"].map((label, i) => ({
    label,
    symbols: [`A${i}`, `B${i}`],
    timeframe: "1Min" as const,
    windowDays: 3,
    priority: 0,
    enabled: true,
  }));

  /** Two processes on one queue; neither queues anything before both have planned. */
  function two(options: Parameters<typeof smallBackfill>[0]) {
    const inner = memoryQueue({ clock: fakeClock() });
    let planned = 0;
    let both = () => {};
    const bothPlanned = new Promise<void>((resolve) => (both = resolve));
    const queue: SliceQueue = {
      ...inner,
      async enqueue(slices, options) {
        if (++planned === 2) both();
        await bothPlanned;
        return inner.enqueue(slices, options);
      },
    };
    const now = Date.UTC(2024, 5, 3, 12);
    const first = smallBackfill(options, { clock: fakeClock({ now }), queue });
    const second = smallBackfill(options, { clock: fakeClock({ now: now + MINUTE_MS }), queue, store: first.store });
    return { first, second, queue };
  }

  it("queue every bar once, and all that either of them lacked", async () => {
    const { first, second, queue } = two({ bars: BARS, ...oneSlice });
    const added = await Promise.all([first.backfill.tick(jobs), second.backfill.tick(jobs)]);
    // The first one's windows, and the minute more of the second one.
    expect(added).toEqual([2, 2]);
    const spans = (await queue.open({})).map(({ label, interval }) => [label, interval.end - interval.start]);
    const window = 3.5 * 86_400_000;
    expect(spans).toEqual([
      ["US_BATCH_1", window],
      ["US_BATCH_2", window],
      ["US_BATCH_1", MINUTE_MS],
      ["US_BATCH_2", MINUTE_MS],
    ]);
    expect(
      (await second.backfill.plan({ symbols: ["A0", "B1"], timeframes: ["1Min"], start: "2024-06-01" })).slices,
    ).toEqual([]);
  });

  it("queue what is asked for again once", async () => {
    const { first, second, queue } = two({ bars: BARS, ...oneSlice });
    const again = jobs.map((job) => ({ ...job, reask: { days: 1 } }));
    await Promise.all([first.backfill.tick(again), second.backfill.tick(again)]);
    const open = await queue.open({});
    expect(open.filter((slice) => slice.again !== undefined)).toHaveLength(2);
    for (const slice of open) {
      for (const other of open) {
        if (slice === other || slice.label !== other.label) continue;
        expect(clip(slice.interval, other.interval)).toBeUndefined();
      }
    }
  });
});
