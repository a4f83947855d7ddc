import { defined } from "../model/defined.ts";
import type { Interval } from "../model/interval.ts";
import { makeSlice } from "../model/slice.ts";
import { packSymbols } from "../model/symbols.ts";
import { DAY_MS } from "../model/units.ts";
import { blocksOf } from "./blocks.ts";
import { checkNumbers } from "./check-numbers.ts";
import { sliceEstimate } from "./estimate.ts";
import type { Planner } from "./planner.ts";
import { sessionIndexOf } from "./session-index.ts";

/** How large the slices of {@link fixedWindow} are. */
export interface FixedWindowOptions {
  /** The most symbols a slice; a whole number of 1 or more, default 50. */
  readonly symbols?: number;
  /** The most days of 24 hours a slice; above 0, default 30. */
  readonly days?: number;
}

/**
 * The planner of hand-made systems: so many symbols by so many days, whatever it costs.
 *
 * @throws {@link OptionsError} with every problem.
 */
export function fixedWindow({ symbols = 50, days = 30 }: FixedWindowOptions = {}): Planner {
  checkNumbers(
    {
      path: "symbols",
      value: symbols,
      expected: "a whole number, 1 or more",
      ok: Number.isInteger(symbols) && symbols >= 1,
    },
    { path: "days", value: days, expected: "a finite number above 0", ok: days > 0 },
  );
  return (input) => {
    const { limits, label, priority } = input;
    const named = defined({ label });
    const blocks = blocksOf(input.gaps);
    const index = sessionIndexOf(blocks, input);
    return blocks.flatMap((block) => {
      const groups = packSymbols(block.symbols, Math.min(symbols, limits.symbolsPerRequest), limits.symbolBytes);
      const windows = windowsOf(block.interval, Math.ceil(days * DAY_MS));
      return groups.flatMap((group) =>
        windows.map((interval) => {
          const estimate = sliceEstimate({ ...block, interval }, group.length, input, index);
          return makeSlice({ ...block, ...named, symbols: group, interval, priority, estimate });
        }),
      );
    });
  };
}

function windowsOf({ start, end }: Interval, lengthMs: number): Interval[] {
  const windows: Interval[] = [];
  for (let from = start; from < end; from += lengthMs)
    windows.push({ start: from, end: Math.min(end, from + lengthMs) });
  return windows;
}
