import { expect, test } from "vitest";
import { shared } from "../../../src/cli/target/arrivals.ts";
import type { Arrivals } from "../../../src/contracts/arrivals.ts";
import { fakeClock } from "../../../src/testing/fake-clock.ts";

test("listeners share one line, from when the first one comes until the last one goes", async () => {
  const log: string[] = [];
  let announce = (_inMs: number): void => {};
  const line: Arrivals = {
    async listen(onDue, { signal }) {
      log.push("opened");
      announce = onDue;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      log.push("closed");
    },
  };
  const { listen } = shared(line);
  const listener = (name: string) => {
    const end = new AbortController();
    const over = listen((inMs) => log.push(`${name} ${inMs}`), { clock: fakeClock(), signal: end.signal });
    return async () => {
      end.abort();
      await over;
    };
  };
  const endOne = listener("one");
  announce(0);
  const endTwo = listener("two");
  announce(7);
  await endOne();
  announce(8);
  await endTwo();
  const endThree = listener("three");
  await endThree();
  // Who comes to a line that is open is told to look: nobody knows what was announced before.
  const heard = ["opened", "one 0", "two 0", "one 7", "two 7", "two 8", "closed", "opened", "closed"];
  expect(log).toEqual(heard);
});
