import type { PageRequest, SourceLimits } from "../contracts/bar-source.ts";
import type { Coverage } from "../model/coverage.ts";
import { groupBy } from "../model/group-by.ts";
import { subtract } from "../model/interval.ts";
import { seriesKey } from "../model/series.ts";
import { packSymbols } from "../model/symbols.ts";

/**
 * What of `asked` is still to be asked: requests that tile what `coverage` lacks, none beyond the source's limits.
 * Symbols that lack the same are asked together; so after a crash in the middle of the pages, the symbol it happened
 * in costs a request of its own, and no page is asked for twice.
 */
export function openRequests(
  provider: string,
  asked: PageRequest,
  coverage: Coverage,
  limits: SourceLimits,
): PageRequest[] {
  const lacking = asked.symbols.map((symbol) => {
    const covered = coverage.get(seriesKey({ ...asked, provider, symbol })) ?? [];
    return { symbol, gaps: subtract([asked.interval], covered) };
  });
  const groups = groupBy(lacking, ({ gaps }) => gaps.map(({ start, end }) => `${start}-${end}`).join());
  return [...groups.values()].flatMap((group) => {
    const symbols = group.map(({ symbol }) => symbol);
    return packSymbols(symbols, limits.symbolsPerRequest, limits.symbolBytes).flatMap((packed) =>
      group[0].gaps.map((interval) => ({ ...asked, symbols: packed, interval })),
    );
  });
}
