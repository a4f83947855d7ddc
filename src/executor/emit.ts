import type { Clock } from "../contracts/clock.ts";
import type { Observer } from "../contracts/observer.ts";
import type { EventBody } from "./context.ts";

/** Tells `observer`, with the time; what it throws changes nothing. */
export function emitTo(observer: Observer | undefined, clock: Clock): (event: EventBody) => void {
  return (event) => {
    try {
      observer?.({ ...event, at: clock.now() });
    } catch {
      // As promised.
    }
  };
}
