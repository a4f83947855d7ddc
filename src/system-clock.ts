import type { Clock } from "./contracts/clock.ts";

/** What `setTimeout` takes: a longer one is over at once. A longer wait is made of several. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock and timers: the default where no clock is passed. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      let timer: ReturnType<typeof setTimeout>;
      const wait = (leftMs: number) => {
        timer = setTimeout(
          () => {
            if (leftMs > LONGEST_MS) return wait(leftMs - LONGEST_MS);
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
          Math.min(Math.max(0, leftMs), LONGEST_MS),
        );
      };
      wait(ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};
