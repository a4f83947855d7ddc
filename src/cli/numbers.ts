import { OptionsError } from "../errors.ts";
import { parseTimeframe, TIMEFRAMES, type Timeframe } from "../model/timeframe.ts";
import type { Flags } from "./settings/settings.ts";
import { flagOf } from "./settings/settings.ts";

export interface NumberBounds {
  readonly least: number;
  readonly most?: number;
  /** True takes fractions. Default false. */
  readonly fractions?: boolean;
}

/** The number of a flag, `undefined` without it. @throws {@link OptionsError} */
export function numberIn(flags: Flags, name: string, { least, most, fractions }: NumberBounds): number | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  const value = typeof text === "string" && text.trim() !== "" ? Number(text) : Number.NaN;
  if (value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER) && (fractions || Number.isInteger(value))) {
    return value;
  }
  const range = most === undefined ? `${least} or more` : `from ${least} to ${most}`;
  const expected = `${fractions ? "a number" : "a whole number"}, ${range}`;
  throw new OptionsError([{ path: flagOf(name), expected, received: JSON.stringify(text) }]);
}

/** The timeframe of `--timeframe` in either spelling, `undefined` without it. @throws {@link OptionsError} */
export function timeframeIn(flags: Flags): Timeframe | undefined {
  const text = flags["timeframe"];
  if (typeof text !== "string") return undefined;
  const timeframe = parseTimeframe(text);
  if (timeframe !== undefined) return timeframe;
  const expected = `one of ${TIMEFRAMES.join(" ")}`;
  throw new OptionsError([{ path: "--timeframe", expected, received: JSON.stringify(text) }]);
}
