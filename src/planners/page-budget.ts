import { defined } from "../model/defined.ts";
import { makeSlice, type Slice } from "../model/slice.ts";
import { packSymbols } from "../model/symbols.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { checkNumbers } from "./check-numbers.ts";
import { certaintyOf, unitsPerSession } from "./cost-model.ts";
import { sliceEstimate } from "./estimate.ts";
import type { PlanInput, Planner } from "./planner.ts";
import { type SessionIndex, sessionIndexOf } from "./session-index.ts";

/** How large the slices of {@link pageBudget} are. */
export interface PageBudgetOptions {
  /**
   * Pages that a slice should cost; 1 or more, default 32. The last page of a slice is half empty on average, so
   * the share of wasted requests is about `0.5 / pages`: 1.6 % by default, and under 5 % even where symbols trade a
   * third as often as assumed. But the pages of a slice come one after the other, so more pages a slice mean fewer
   * slices at a time.
   */
  readonly pages?: number;
}

/**
 * The default planner: cuts slices whose pages are near a target, by what the cost model expects of the source.
 * Takes many symbols at once while their bars fit, and cuts one symbol's time where they do not.
 *
 * @throws {@link OptionsError} with every problem.
 */
export function pageBudget({ pages = 32 }: PageBudgetOptions = {}): Planner {
  checkNumbers({ path: "pages", value: pages, expected: "a finite number, 1 or more", ok: pages >= 1 });
  return (input) => {
    const blocks = blocksOf(input.gaps);
    const index = sessionIndexOf(blocks, input);
    return blocks.flatMap((block) => cutBlock(block, input, index, pages));
  };
}

function cutBlock(block: Block, input: PlanInput, index: SessionIndex, pages: number): Slice[] {
  const { limits, cost, label, priority } = input;
  const budget = pages * limits.pageSize;
  const named = defined({ label });
  const unitsPerSymbol = unitsPerSession(cost, block.timeframe, limits).expected * index.count(block.interval);
  const exact = certaintyOf(cost, block.timeframe) === "calendar";

  const most = unitsPerSymbol > budget ? 1 : symbolsWithin(budget, unitsPerSymbol, block.symbols.length, exact);
  const groups = packSymbols(block.symbols, Math.min(most, limits.symbolsPerRequest), limits.symbolBytes);
  // Nearest, not up: two slices just over half of the budget waste twice as much as one just over all of it.
  const intervals = index.cut(block.interval, Math.max(1, Math.round(unitsPerSymbol / budget)));

  return groups.flatMap((symbols) =>
    intervals.map((interval) => {
      const estimate = sliceEstimate({ ...block, interval }, symbols.length, input, index);
      return makeSlice({ ...block, ...named, symbols, interval, priority, estimate });
    }),
  );
}

/** How many symbols to put into one slice. */
function symbolsWithin(budget: number, unitsPerSymbol: number, symbols: number, exact: boolean): number {
  if (unitsPerSymbol === 0) return symbols;
  const fitting = budget / unitsPerSymbol;
  // Where the count is certain, full slices end on a nearly full page. Where it is a guess, even ones lose least.
  return exact ? Math.floor(fitting) : Math.ceil(symbols / Math.ceil(symbols / Math.round(fitting)));
}
