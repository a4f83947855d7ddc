import type { Clock } from "../../src/contracts/clock.ts";
import type { EpochMs } from "../../src/model/interval.ts";
import type { Chance } from "./chance.ts";

/** Who an event belongs to: the name of a process that may die, or of a part of the world that does not. */
export type Owner = string;

export interface SchedulerOptions {
  readonly chance: Chance;
  readonly now: EpochMs;
  /** Hears of every step; each is one line. */
  readonly trace: (line: string) => void;
}

/**
 * The one clock, and the one who decides what happens next: everything that waits waits here. A step runs one event
 * and lets all promises that follow from it settle, so that whatever is killed between two steps dies at an `await`.
 */
export interface Scheduler {
  /** True time, which no clock step touches. */
  now(): EpochMs;
  /** Resolves `ms` later, after or before others of the same instant as chance has it. Never rejects. */
  wait(ms: number, what: string): Promise<void>;
  /** True time and waits of it, for the parts that outlive every process. */
  readonly clock: Clock;
  /** The clock of a process, off by its steps. */
  clockOf(owner: Owner): Clock;
  step(owner: Owner, byMs: number): void;
  /** The next step of `owner`: whatever `begin` starts to wait for dies with it. */
  spawn<T>(owner: Owner, what: string, begin: () => T | Promise<T>): Promise<T>;
  /** Nothing that `owner` waits for comes any more. What it had sent already is heard with an even chance. */
  kill(owner: Owner): void;
  /** For an event that takes effect although its sender dies: a message on its way. */
  send(ms: number, what: string, arrive: () => void): Promise<void>;
  /** Steps until `done` settles. Rejects when nothing is left to wait for, or after `mostSteps` or at `deadline`. */
  run<T>(done: Promise<T>, limits: { readonly mostSteps: number; readonly deadline: EpochMs }): Promise<T>;
  /** Steps while `owner` waits for anything, `forMs` at most. */
  drain(forMs: number): Promise<void>;
  /** What waits now, by owner. */
  pending(): readonly { readonly owner: Owner; readonly what: string; readonly at: EpochMs }[];
  readonly steps: number;
  readonly mostPending: number;
}

interface Event {
  readonly at: EpochMs;
  readonly rank: number;
  readonly number: number;
  readonly owner: Owner;
  readonly what: string;
  readonly run: () => void;
  /** What happens though the sender dies. */
  readonly arrive: (() => void) | undefined;
}

/** True before `globalTimers` replaced them. */
const { setImmediate } = globalThis;
export const WORLD: Owner = "world";

export function createScheduler({ chance, now: start, trace }: SchedulerOptions): Scheduler {
  const events: Event[] = [];
  const offsets = new Map<Owner, number>();
  let now = start;
  let owner: Owner = WORLD;
  let number = 0;
  let steps = 0;
  let mostPending = 0;

  function add(
    ms: number,
    what: string,
    run: () => void,
    { rank = chance.next(), arrive, of = owner }: { rank?: number; arrive?: () => void; of?: Owner } = {},
  ): Event {
    const event = { at: now + Math.max(0, ms), rank, number: number++, owner: of, what, run, arrive };
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      // Kept descending, so that the next event is taken from the end.
      if (comesBefore(event, events[middle] as Event)) low = middle + 1;
      else high = middle;
    }
    events.splice(low, 0, event);
    mostPending = Math.max(mostPending, events.length);
    return event;
  }

  function remove(event: Event): void {
    const at = events.indexOf(event);
    if (at >= 0) events.splice(at, 1);
  }

  function stepOnce(): void {
    const event = events.pop() as Event;
    now = Math.max(now, event.at);
    owner = event.owner;
    steps++;
    trace(`${steps} ${now - start} ${owner} ${event.what}`);
    event.run();
  }

  async function settled(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    owner = WORLD;
  }

  function clockOf(who: Owner, what = "sleep"): Clock {
    return {
      now: () => now + (offsets.get(who) ?? 0),
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason);
          if (!(ms > 0)) return resolve();
          const onAbort = () => {
            remove(event);
            reject(signal?.reason);
          };
          const wake = () => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          };
          // The service's time is everyone's: who waits for it is who asked.
          const event = add(wholeMs(ms), what, wake, { of: who === WORLD ? owner : who });
          signal?.addEventListener("abort", onAbort, { once: true });
        }),
    };
  }

  const scheduler: Scheduler & { readonly timers: Timers } = {
    now: () => now,
    wait: (ms, what) => new Promise((resolve) => void add(ms, what, resolve)),
    clock: clockOf(WORLD, "wait"),
    clockOf,
    step: (who, byMs) => void offsets.set(who, (offsets.get(who) ?? 0) + byMs),
    spawn: (who, what, begin) =>
      new Promise((resolve, reject) => {
        add(0, what, () => void Promise.resolve(begin()).then(resolve, reject), { of: who });
      }),
    kill(who) {
      for (const event of events.filter((one) => one.owner === who)) {
        remove(event);
        if (event.arrive === undefined || chance.happens(0.5)) continue;
        add(event.at - now, `${event.what} of the dead ${who}`, event.arrive, { of: WORLD });
      }
      offsets.delete(who);
    },
    send: (ms, what, arrive) =>
      new Promise((resolve) => {
        const run = () => {
          arrive();
          resolve();
        };
        add(ms, what, run, { arrive });
      }),
    async run(done, { mostSteps, deadline }) {
      let isOver = false;
      const finish = () => {
        isOver = true;
      };
      done.then(finish, finish);
      await settled();
      for (const last = steps + mostSteps; !isOver; ) {
        const next = events.at(-1);
        if (next === undefined) throw new Error("stuck: nothing is waited for, and it is not over");
        if (steps >= last) throw new Error(`stuck: not over after ${mostSteps} steps`);
        if (next.at > deadline) {
          throw new Error(`stuck: ${next.owner} waits for a ${next.what} until ${new Date(next.at).toISOString()}`);
        }
        stepOnce();
        await settled();
      }
      return done;
    },
    async drain(forMs) {
      const until = now + forMs;
      await settled();
      for (let next = events.at(-1); next !== undefined && next.at <= until; next = events.at(-1)) {
        stepOnce();
        await settled();
      }
    },
    pending: () => events.map(({ owner, what, at }) => ({ owner, what, at })),
    get steps() {
      return steps;
    },
    get mostPending() {
      return mostPending;
    },
    timers: {
      now: () => now + (offsets.get(owner) ?? 0),
      // Of one instant in the order of their calls, as Node has it.
      set: (run, ms) => add(wholeMs(ms), "timer", run, { rank: 0.5 }),
      clear: (timer) => remove(timer as Event),
    },
  };
  return scheduler;
}

interface Timers {
  now(): EpochMs;
  set(run: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

/** As the platform's timers have it: a fraction is cut off, and 0 is 1. */
function wholeMs(ms: number): number {
  return Math.max(1, Math.trunc(ms));
}

function comesBefore(a: Event, b: Event): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.rank !== b.rank ? a.rank < b.rank : a.number < b.number;
}

/**
 * Puts the platform's timers under `scheduler` while `body` runs: the rate limiter and the SDK know no other. Only
 * what they use is replaced.
 */
export async function withGlobalTimers<T>(scheduler: Scheduler, body: () => Promise<T>): Promise<T> {
  const { timers } = scheduler as Scheduler & { readonly timers: Timers };
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, now: Date.now };
  const replacement = (run: () => void, ms = 0) => timers.set(run, ms);
  Object.assign(globalThis, { setTimeout: replacement, clearTimeout: (timer: unknown) => timers.clear(timer) });
  Date.now = () => timers.now();
  try {
    return await body();
  } finally {
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    Date.now = real.now;
  }
}
