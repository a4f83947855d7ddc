import type { PageRequest, SourceLimits } from "../contracts/bar-source.ts";
import type { Coverage, Gap } from "../model/coverage.ts";
import { groupBy } from "../model/group-by.ts";
import { subtract } from "../model/interval.ts";
import { seriesKey } from "../model/series.ts";
import { packSymbols } from "../model/symbols.ts";

/**
 * What of `asked` is still to be asked: requests that tile what `coverage` lacks, as far as `widen` leaves that as it
 * is, none beyond the source's limits. What symbols lack in common is asked in common; so after a crash in the middle
 * of the pages, the symbol it happened in costs a request of its own at most, and no page is asked for twice.
 */
export function openRequests(
  provider: string,
  asked: PageRequest,
  coverage: Coverage,
  limits: SourceLimits,
  widen: (gaps: readonly Gap[]) => readonly Gap[] = (gaps) => gaps,
): PageRequest[] {
  const { timeframe, feed, adjustment } = asked;
  const lacking = asked.symbols.flatMap((symbol) => {
    const series = { provider, symbol, timeframe, feed, adjustment };
    const intervals = subtract([asked.interval], coverage.get(seriesKey(series)) ?? []);
    return intervals.length === 0 ? [] : [{ series, intervals }];
  });
  const pieces = widen(lacking).flatMap(({ series, intervals }) =>
    intervals.map((interval) => ({ symbol: series.symbol, interval })),
  );
  const groups = groupBy(pieces, ({ interval: { start, end } }) => `${start}-${end}`);
  return [...groups.values()].flatMap((group) => {
    const symbols = group.map(({ symbol }) => symbol);
    return packSymbols(symbols, limits.symbolsPerRequest, limits.symbolBytes).map((packed) => ({
      ...asked,
      symbols: packed,
      interval: group[0].interval,
    }));
  });
}
