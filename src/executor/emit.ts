import type { Clock } from "../contracts/clock.ts";
import type { Observer } from "../contracts/observer.ts";
import type { EventBody } from "./context.ts";

/** Tells `observer`, with the time; what it throws, at once or as a promise, changes nothing. */
export function emitTo(observer: Observer | undefined, clock: Clock): (event: EventBody) => void {
  return (event) => {
    try {
      // An async function is an Observer to the compiler, and a rejection that nobody hears ends the process.
      const told: unknown = observer?.({ ...event, at: clock.now() });
      Promise.resolve(told).catch(() => {});
    } catch {
      // As promised.
    }
  };
}
