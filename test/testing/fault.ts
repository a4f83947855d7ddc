import type { Clock } from "../../src/contracts/clock.ts";
import type { ConformanceCase } from "../../src/testing/conformance/index.ts";

/** A mistake that an adapter could make, and the cases that must notice it, no more and no fewer. */
export interface Fault<Adapter> {
  readonly name: string;
  readonly breaks: readonly string[];
  /** `clock` is the one that the adapter goes by. */
  plant(adapter: Adapter, clock: Clock): Adapter;
}

/** The ids of the cases that fail, in order. */
export async function failing<Context>(
  cases: readonly ConformanceCase<Context>[],
  create: () => Context,
): Promise<string[]> {
  const ids: string[] = [];
  for (const { id, run } of cases) {
    await run(create()).catch(() => ids.push(id));
  }
  return ids;
}
