import type { BarPage, PageRequest, SourceLimits } from "../contracts/bar-source.ts";
import { SourceRejectedError } from "../errors.ts";
import type { EpochMs } from "../model/interval.ts";
import { finalBefore } from "../model/timeframe.ts";
import { MINUTE_MS } from "../model/units.ts";

/** How a source's clock stands to ours. */
export interface SourceClock {
  /** When the source answered first, by its own clock. */
  readonly answeredAt: EpochMs;
  /** How far our clock was ahead of it then; negative where it was behind. */
  readonly aheadMs: number;
}

/** As `page`, which came at `now`, tells it; `undefined` where its source does not say the time. */
export function sourceClock({ answeredAt }: BarPage, now: EpochMs): SourceClock | undefined {
  return answeredAt === undefined ? undefined : { answeredAt, aheadMs: now - answeredAt };
}

/** What was asked for before its time. */
export interface TooRecent {
  /** When all of it is old enough, in ms from now. */
  readonly waitMs: number;
  /** For those who do not wait. No repetition helps before a clock is set right, or the time has come. */
  readonly error: SourceRejectedError;
}

/**
 * Whether `rest`, which no page settled, was too recent for the source all along: ours said that it was old enough.
 * `undefined` where a part of it was not, or nobody knows: that the source must answer for.
 */
export function tooRecent(
  rest: readonly PageRequest[],
  clock: SourceClock | undefined,
  { withheldTailMs, dayAnchor }: SourceLimits,
  now: EpochMs,
): TooRecent | undefined {
  if (clock === undefined || rest.length === 0) return undefined;
  const { answeredAt, aheadMs } = clock;
  const isEarly = ({ timeframe, interval }: PageRequest) =>
    interval.start >= finalBefore(timeframe, answeredAt - withheldTailMs, dayAnchor);
  if (!rest.every(isEarly)) return undefined;
  const end = Math.max(...rest.map(({ interval }) => interval.end));
  const waitMs = end + withheldTailMs - (now - aheadMs);
  if (waitMs <= 0) return undefined;
  // No place and no seconds: runs that failed for one reason are told as one.
  const ours = aheadMs < MINUTE_MS ? "" : `, which is ${Math.round(aheadMs / MINUTE_MS)} min behind this machine's`;
  const message = `asked for what is too recent by the source's clock${ours}`;
  const hint = "Set the clock of this machine (NTP), or of the one that planned the slice; then put the run back";
  return { waitMs, error: new SourceRejectedError(message, { hint }) };
}
