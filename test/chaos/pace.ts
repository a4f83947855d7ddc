import { setTimeout as sleep } from "node:timers/promises";

const SAMPLE_MS = 50;

/** How fast pages come, watched from its making to its end. */
export interface Pace {
  /** Pages a second over the `windowMs` to come. */
  measure(windowMs: number): Promise<number>;
  /**
   * Waits for `windowMs` in which pages come at `rate` or faster, from now on; returns how long after now they begin,
   * in ms. Rejects when they have not begun within `withinMs`.
   */
  recovery(options: { readonly rate: number; readonly windowMs: number; readonly withinMs: number }): Promise<number>;
}

/** The pace of what `pages` counts. */
export function paceOf(pages: () => number): Pace {
  return {
    async measure(windowMs) {
      const [from, startedAt] = [pages(), performance.now()];
      await sleep(windowMs);
      return ((pages() - from) * 1000) / (performance.now() - startedAt);
    },
    async recovery({ rate, windowMs, withinMs }) {
      const startedAt = performance.now();
      const samples = [{ at: 0, count: pages() }];
      let best = 0;
      for (let first = 0; ; ) {
        await sleep(SAMPLE_MS);
        const now = { at: performance.now() - startedAt, count: pages() };
        samples.push(now);
        // Windows may be longer than asked for by as long as the machine was late: the rate is over what they are.
        while (now.at - (samples[first + 1]?.at ?? now.at) >= windowMs) first++;
        const begin = samples[first] ?? now;
        if (now.at - begin.at < windowMs) continue;
        const seen = ((now.count - begin.count) * 1000) / (now.at - begin.at);
        if (seen >= rate) return begin.at;
        best = Math.max(best, seen);
        if (begin.at > withinMs) {
          throw new Error(`no ${rate} pages a second ${withinMs} ms after the fault, ${best} at best`);
        }
      }
    },
  };
}
