import { describe, expect, it } from "vitest";
import { memoryQueue } from "../../src/adapters/memory/index.ts";
import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import { makeSlice, type Slice } from "../../src/model/slice.ts";
import { DAY_MS } from "../../src/model/units.ts";
import { replaceSlices } from "../../src/planning/replace-slices.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";

const START = Date.UTC(2024, 0, 2);
const HOLD = { workerId: "worker", token: "token", ttlMs: 60_000 };

function slice(label: string, symbols: readonly string[]): Slice {
  return makeSlice({
    ...{ provider: "test", label, symbols, timeframe: "1Min", feed: "sip", adjustment: "raw", priority: 0 },
    interval: { start: START, end: START + DAY_MS },
    estimate: { bars: 1, pages: 1 },
  });
}

const OLD = ["A", "B"].flatMap((label) => [1, 2, 3].map((n) => slice(label, [`${label}${n}`])));
const SYMBOLS = OLD.flatMap(({ symbols }) => symbols);

/** One slice a label, of all its symbols. */
async function joined(slices: readonly Slice[]): Promise<Slice[]> {
  const labels = [...new Set(slices.map(({ label }) => label ?? ""))];
  return labels.map((label) => {
    return slice(
      label,
      slices.filter((one) => one.label === label).flatMap(({ symbols }) => symbols),
    );
  });
}

/** A queue that lets something happen before its n-th call, from 1, or in the place of it and of all later ones. */
function interrupted(queue: SliceQueue, n: number, happens: () => unknown): SliceQueue {
  let calls = 0;
  return new Proxy(queue, {
    get:
      (target, name) =>
      async (...args: unknown[]) => {
        if (++calls === n) await happens();
        return (Reflect.get(target, name) as (...args: unknown[]) => unknown)(...args);
      },
  });
}

/** The old slices in a queue, and what replaces them. */
async function opened() {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const queue = memoryQueue({ clock });
  await queue.enqueue(OLD);
  const stop = new AbortController();
  const replace = (
    through: SliceQueue = queue,
    cut: typeof joined = joined,
    healed = <T>(call: () => Promise<T>) => call(),
  ) =>
    replaceSlices(
      OLD.map(({ id }) => id),
      cut,
      { queue: through, provider: "test", hold: HOLD, healed, signal: stop.signal },
    );
  const open = async () => (await queue.open({ states: ["queued"] })).flatMap(({ symbols }) => symbols).sort();
  return { clock, queue, stop, replace, open };
}

/** A lease, what is queued, six renewals, a cancellation; and the moments before, between and after. */
const MOMENTS = Array.from({ length: 10 }, (_, i) => i + 1);

describe("slices in the place of others", () => {
  it("take over what was waiting, and nothing else", async () => {
    const { queue, replace, open } = await opened();
    const [leased] = await queue.lease({ ...HOLD, token: "other", limit: 1 });
    expect(await replace()).toEqual({ before: 5, after: 2, pages: { before: 5, after: 2 } });
    expect(await open()).toEqual(SYMBOLS.slice(1));
    expect(await queue.running({})).toMatchObject([{ slice: leased?.slice }]);
  });

  it("may be the same ones, which stay as they are, with their attempts", async () => {
    const { queue, replace, open } = await opened();
    const half = async (slices: readonly Slice[]) => [...slices.slice(0, 3), ...(await joined(slices.slice(3)))];
    expect(await replace(queue, half)).toEqual({ before: 3, after: 1, pages: { before: 3, after: 1 } });
    expect(await open()).toEqual(SYMBOLS);
    const [lease] = await queue.lease({ ...HOLD, token: "other", limit: 1 });
    expect(lease).toMatchObject({ attempt: 1, slice: OLD[0] });
  });

  it.each(MOMENTS)("do not come back when somebody cancels their label before call %i", async (n) => {
    const { queue, replace, open } = await opened();
    await replace(interrupted(queue, n, () => queue.cancel({ label: "A" })));
    await queue.cancel(n === 10 ? { label: "A" } : { ids: [] });
    expect(await open()).toEqual(["B1", "B2", "B3"]);
    expect(await queue.counts({ states: ["running"] })).toEqual([]);
  });

  it.each(MOMENTS.slice(0, 3))("leave out what somebody cancels by name before call %i", async (n) => {
    const { queue, replace, open } = await opened();
    await replace(interrupted(queue, n, () => queue.cancel({ ids: [OLD[0]?.id ?? "", OLD[4]?.id ?? ""] })));
    expect(await open()).toEqual(["A2", "A3", "B1", "B3"]);
  });

  it.each(MOMENTS)("are all there, or the old ones are, when a stop comes before call %i", async (n) => {
    const { queue, replace, open, stop } = await opened();
    await replace(interrupted(queue, n, () => stop.abort()));
    expect(await open()).toEqual(SYMBOLS);
    expect(await queue.running({})).toEqual([]);
  });

  it.each(MOMENTS.slice(0, 9))("lose nothing when the process dies before call %i", async (n) => {
    const { clock, queue, replace, open } = await opened();
    let died = () => {};
    const death = new Promise<void>((resolve) => (died = resolve));
    const dying = interrupted(queue, n, () => {
      died();
      return new Promise<never>(() => {});
    });
    await Promise.race([replace(dying), death]);
    const running = (await queue.running({})).flatMap(({ slice: { symbols } }) => symbols);
    expect([...new Set([...(await open()), ...running])].sort()).toEqual(SYMBOLS);
    await clock.advance(HOLD.ttlMs);
    const leases = await queue.lease({ ...HOLD, token: "next", limit: 100 });
    expect([...new Set(leases.flatMap((lease) => lease.slice.symbols))].sort()).toEqual(SYMBOLS);
  });

  it("lose nothing, and are cut once, when every answer of the queue is lost once", async () => {
    const { queue, replace, open } = await opened();
    const twice = async <T>(call: () => Promise<T>): Promise<T> => {
      await call();
      return call();
    };
    let cuts = 0;
    const cut = (slices: readonly Slice[]) => {
      cuts++;
      return joined(slices);
    };
    expect(await replace(queue, cut, twice)).toEqual({ before: 6, after: 2, pages: { before: 6, after: 2 } });
    expect(await open()).toEqual(SYMBOLS);
    expect(cuts).toBe(1);
  });

  it("give the old ones back when they cannot be cut", async () => {
    const { queue, replace, open } = await opened();
    const broken = () => Promise.reject(new Error("no coverage"));
    await expect(replace(queue, broken)).rejects.toThrow("no coverage");
    expect(await open()).toEqual(SYMBOLS);
  });
});
