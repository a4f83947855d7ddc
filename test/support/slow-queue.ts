import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import type { FakeClock } from "../../src/testing/fake-clock.ts";

/** `queue`, whose every call takes a while, the same in every run, so that workers come between each other's calls. */
export function slowQueue(queue: SliceQueue, clock: FakeClock): SliceQueue {
  let roll = 1;
  return new Proxy(queue, {
    get: (target, name) => {
      const call = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        roll = (roll * 16807) % 2147483647;
        await clock.sleep(roll % 50);
        return call.apply(target, args);
      };
    },
  });
}
