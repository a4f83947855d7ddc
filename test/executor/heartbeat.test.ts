import { expect, test } from "vitest";
import { memoryQueue } from "../../src/adapters/memory/index.ts";
import type { Lease, Progress, SliceQueue } from "../../src/contracts/slice-queue.ts";
import { StoreError } from "../../src/errors.ts";
import type { ExecutorContext } from "../../src/executor/context.ts";
import { createHeartbeat } from "../../src/executor/heartbeat.ts";
import { DEFAULT_RETRY } from "../../src/executor/retry.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { slices } from "../adapters/postgres/queue-fixtures.ts";

const LEASE_MS = 60_000;
const BEAT_MS = LEASE_MS / 3;
const NOTHING: Progress = { percent: 0, bars: 0, requests: 0 };

type Renew = SliceQueue["renew"];

/** A heartbeat over a queue of ten runs, whose `renew` goes through `between`. */
async function beating(between: (lease: Lease, renew: () => ReturnType<Renew>) => ReturnType<Renew> = (_, go) => go()) {
  const clock = fakeClock({ now: 0 });
  const memory = memoryQueue({ clock });
  /** What was renewed at which time. */
  const renewed = new Map<number, string[]>();
  const queue: SliceQueue = {
    ...memory,
    renew(lease, progress, ttlMs) {
      renewed.set(clock.now(), [...(renewed.get(clock.now()) ?? []), lease.workerId]);
      return between(lease, () => memory.renew(lease, progress, ttlMs));
    },
  };
  await memory.enqueue(slices(10));
  const lost: string[] = [];
  const parts = { queue, clock, random: () => 0.5, retry: DEFAULT_RETRY, leaseMs: LEASE_MS };
  const heartbeat = createHeartbeat(parts as unknown as ExecutorContext);
  const keep = async (workerId: string, progress: () => Progress = () => NOTHING) => {
    const [lease] = await memory.lease({ workerId, token: workerId, limit: 1, ttlMs: LEASE_MS });
    if (lease === undefined) throw new Error("a run is due");
    return { lease, kept: heartbeat.keep(lease, { progress, onLost: () => void lost.push(workerId) }) };
  };
  return { clock, memory, renewed, lost, keep };
}

test("all leases in hand are renewed at one beat, whenever they were taken", async () => {
  const { clock, renewed, keep } = await beating();
  const first = await keep("a");
  await clock.advance(BEAT_MS / 2);
  await keep("b");
  await clock.advance(BEAT_MS / 4);
  await keep("c");
  await clock.advance(2 * BEAT_MS);
  expect([...renewed]).toEqual([
    [BEAT_MS, ["a", "b", "c"]],
    [2 * BEAT_MS, ["a", "b", "c"]],
  ]);
  await first.kept.release();
  await clock.advance(BEAT_MS);
  expect(renewed.get(3 * BEAT_MS)).toEqual(["b", "c"]);
});

test("nothing sleeps while nothing is in hand, and the next lease begins anew", async () => {
  const { clock, renewed, keep } = await beating();
  for (const name of ["a", "b"]) {
    const { kept } = await keep(name);
    await clock.advance(BEAT_MS / 2);
    await kept.release();
  }
  // With a sleeper left, time would go on to it.
  const never = clock.run(new Promise((resolve) => setImmediate(resolve)));
  await never;
  expect([clock.now(), [...renewed]]).toEqual([BEAT_MS, []]);
  await keep("c");
  await clock.advance(BEAT_MS);
  expect([...renewed]).toEqual([[2 * BEAT_MS, ["c"]]]);
});

test("a lease that is lost is told of within one beat, once, and the others go on", async () => {
  const { clock, memory, renewed, lost, keep } = await beating();
  const { lease, kept } = await keep("a");
  await keep("b");
  await memory.cancel({ ids: [lease.slice.id] });
  await clock.advance(BEAT_MS);
  expect(lost).toEqual(["a"]);
  await clock.advance(2 * BEAT_MS);
  expect(lost).toEqual(["a"]);
  expect(renewed.get(3 * BEAT_MS)).toEqual(["b"]);
  await kept.release();
});

test("a lease that is taken while the only one is lost, and not let be yet, does not begin a second beat", async () => {
  const { clock, memory, renewed, keep } = await beating();
  const lost = await keep("a");
  await memory.cancel({});
  await clock.advance(BEAT_MS);
  await memory.enqueue(slices(10));
  const { kept } = await keep("b");
  await lost.kept.release();
  await clock.advance(2 * BEAT_MS);
  expect(renewed.get(3 * BEAT_MS)).toEqual(["b"]);
  await kept.release();
  await clock.run(new Promise((resolve) => setImmediate(resolve)));
  expect(clock.now()).toBe(3 * BEAT_MS);
});

test("a lease says when it expires now, and what it told of its progress is what is known then", async () => {
  const { clock, memory, keep } = await beating();
  let bars = 0;
  const { kept } = await keep("a", () => ({ ...NOTHING, bars }));
  bars = 7;
  await clock.advance(BEAT_MS);
  expect(kept.expiresAt).toBe(BEAT_MS + LEASE_MS);
  expect(await memory.running({})).toMatchObject([{ bars: 7 }]);
});

test("a beat that fails is followed by the next one sooner, and by the usual one when that is well", async () => {
  let failures = 0;
  const { clock, renewed, lost, keep } = await beating(async (lease, renew) => {
    if (lease.workerId === "a" && failures++ < 2) throw new StoreError("gone", { disposition: "retry" });
    return renew();
  });
  await keep("a");
  await keep("b");
  await clock.advance(2 * BEAT_MS);
  // Three quarters of 500 ms, and of twice that.
  const [first, second, third] = [BEAT_MS, BEAT_MS + 375, BEAT_MS + 375 + 750];
  expect([...renewed]).toEqual([first, second, third].map((time) => [time, ["a", "b"]]));
  await clock.advance(third + BEAT_MS - clock.now());
  expect(renewed.get(third + BEAT_MS)).toEqual(["a", "b"]);
  expect(lost).toEqual([]);
});

test("a renewal that never comes back holds up no other lease", async () => {
  const { clock, memory, renewed, lost, keep } = await beating((lease, renew) =>
    lease.workerId === "a" ? new Promise(() => {}) : renew(),
  );
  await keep("a");
  await keep("b");
  await clock.advance(2 * BEAT_MS);
  // One that is taken meanwhile is renewed in time, too.
  await keep("c");
  await clock.advance(10 * BEAT_MS);
  expect([...renewed.values()].flat().filter((name) => name === "a")).toHaveLength(1);
  const others = await memory.running({ states: ["running"] });
  const left = others.filter(({ workerId }) => workerId !== "a").map(({ expiresAt }) => expiresAt - clock.now());
  expect(left).toHaveLength(2);
  for (const ms of left) expect(ms).toBeGreaterThan(LEASE_MS / 2);
  expect(lost).toEqual([]);
});

test("a release waits for the renewal that is under way, so that none comes after the run is over", async () => {
  let answer = (): void => {};
  const { clock, lost, keep, memory } = await beating(async (_, renew) => {
    await new Promise<void>((resolve) => (answer = resolve));
    return renew();
  });
  const { lease, kept } = await keep("a");
  await clock.advance(BEAT_MS);
  let isReleased = false;
  const released = kept.release().then(() => (isReleased = true));
  await clock.advance(1);
  expect(isReleased).toBe(false);
  answer();
  await released;
  await memory.complete(lease, { bars: 0, requests: 0 });
  expect(lost).toEqual([]);
});
