import type { Clock } from "../contracts/clock.ts";
import type { EpochMs } from "../model/interval.ts";

/** When a {@link fakeClock} begins, and how long it waits for others. */
export interface FakeClockOptions {
  /** The time at the start; 2024-01-02T15:00:00Z, a trading day, when absent. */
  readonly now?: EpochMs;
  /**
   * Waits until nothing more happens by itself. The default yields a few turns of the event loop, which settles every
   * chain of promises and requests in process; pass your own where other work, a database say, has to come first.
   */
  readonly settle?: () => Promise<void>;
  /** How long `run` waits, in real ms, for a promise that nobody's sleep holds up; 10,000 when absent. */
  readonly stallMs?: number;
}

/** A clock that stands still until it is told to go on. Nothing waits in real time. */
export interface FakeClock extends Clock {
  readonly isSimulated: true;
  /** Goes on by `ms`; sleepers wake in the order of their times, each at its own, and settle before the next. */
  advance(ms: number): Promise<void>;
  /**
   * Goes on to the next sleeper whenever everything is idle, until `promise` settles, and returns what it returns.
   * Rejects when the promise stays pending though nobody sleeps.
   */
  run<T>(promise: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly wakeAt: EpochMs;
  wake(): void;
}

// Taken once, so that a test runner's own fake timers do not stop this clock.
const { setImmediate, setTimeout } = globalThis;
const SETTLE_TURNS = 4;

/** Simulated time for tests of anything that takes a {@link Clock}. */
export function fakeClock({
  now = Date.UTC(2024, 0, 2, 15),
  settle = settleTurns,
  stallMs = 10_000,
}: FakeClockOptions = {}): FakeClock {
  // Ascending by `wakeAt`; equal times in the order of their calls.
  const sleepers: Sleeper[] = [];

  function wakeNext(): void {
    const sleeper = sleepers.shift();
    if (sleeper === undefined) return;
    now = Math.max(now, sleeper.wakeAt);
    sleeper.wake();
  }

  return {
    isSimulated: true,
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        if (!(ms > 0)) return resolve();
        const onAbort = () => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          wakeAt: now + ms,
          wake() {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
        };
        const after = sleepers.findIndex((other) => other.wakeAt > sleeper.wakeAt);
        sleepers.splice(after === -1 ? sleepers.length : after, 0, sleeper);
        signal?.addEventListener("abort", onAbort, { once: true });
      });
    },
    async advance(ms) {
      const target = now + ms;
      await settle();
      while (sleepers[0] !== undefined && sleepers[0].wakeAt <= target) {
        wakeNext();
        await settle();
      }
      now = Math.max(now, target);
    },
    async run(promise) {
      let pending = true;
      const done = () => {
        pending = false;
      };
      promise.then(done, done);
      let idleSince: number | undefined;
      while (pending) {
        await settle();
        if (!pending) break;
        if (sleepers.length > 0) {
          idleSince = undefined;
          wakeNext();
          continue;
        }
        // Nobody sleeps, so real work must be under way: a socket, a file, a database.
        idleSince ??= performance.now();
        if (performance.now() - idleSince > stallMs) {
          throw new Error(`fakeClock.run: the promise is still pending after ${stallMs} ms, and nobody sleeps`);
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return promise;
    },
  };
}

async function settleTurns(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}
