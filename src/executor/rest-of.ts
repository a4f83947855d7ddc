import type { SourceLimits } from "../contracts/bar-source.ts";
import type { Coverage } from "../model/coverage.ts";
import { makeSlice, type Slice } from "../model/slice.ts";
import { seriesTimeIn } from "../model/time-in.ts";
import { openRequests } from "./open-requests.ts";

/** A slice may be as wide as it likes: it is split when it is worked. */
const ANY_WIDTH = { symbolsPerRequest: Number.POSITIVE_INFINITY, symbolBytes: Number.POSITIVE_INFINITY };

/** What `slice` lacks once `settled` is settled, as slices that tile it; empty when nothing is left. */
export function restOf(slice: Slice, settled: Coverage, limits: SourceLimits): Slice[] {
  const { id: _, estimate, ...parts } = slice;
  const whole = seriesTimeIn([slice]);
  return openRequests(slice.provider, slice, settled, { ...limits, ...ANY_WIDTH }).map(({ symbols, interval }) => {
    const share = seriesTimeIn([{ symbols, interval }]) / whole;
    const bars = Math.round(estimate.bars * share);
    return makeSlice({
      ...parts,
      symbols,
      interval,
      estimate: { bars, pages: Math.max(1, Math.round(estimate.pages * share)) },
    });
  });
}
