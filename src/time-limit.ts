import type { Clock } from "./contracts/clock.ts";
import type { EpochMs } from "./model/interval.ts";

/** A time by which something has to be over. */
export interface TimeLimit {
  /** Aborted when the time has come, or when {@link TimeLimit.end} was called. */
  readonly signal: AbortSignal;
  /** What `call` brings; rejects when the time comes first, and what is under way then ends unheard. */
  within<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Ends it before its time: what waits for it is let go of. */
  end(): void;
}

/**
 * A limit at `deadline` (`Infinity`: none) on `clock`, ended before that by `signal`. To be ended by whoever made it,
 * or a timer and a listener stay.
 */
export function timeLimit(clock: Clock, deadline: EpochMs, signal?: AbortSignal): TimeLimit {
  const over = new AbortController();
  const isUp = () => clock.now() >= deadline;
  const end = () => {
    signal?.removeEventListener("abort", end);
    over.abort(new DOMException("it is over", "AbortError"));
  };
  const up = () => over.abort(new DOMException("the time is up", "TimeoutError"));
  if (signal?.aborted) end();
  else signal?.addEventListener("abort", end, { once: true });
  if (isUp()) up();
  else if (deadline < Number.POSITIVE_INFINITY) {
    clock.sleep(deadline - clock.now(), over.signal).then(up, () => {});
  }
  return {
    signal: over.signal,
    async within(call) {
      // A timer may be late.
      if (isUp()) up();
      return unlessAborted(over.signal, call);
    },
    end,
  };
}

/**
 * What `call` brings; rejects with `signal.reason` where that comes first, and what is under way then ends unheard.
 * `call` is passed a signal of its own: one listener a call on `signal`, whatever `call` waits for. Node warns of a
 * leak at eleven.
 */
export async function unlessAborted<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const over = new AbortController();
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(signal.reason);
      over.abort(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    call(over.signal)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", onAbort));
  });
}
