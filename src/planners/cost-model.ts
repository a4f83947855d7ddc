import type { SourceLimits } from "../contracts/bar-source.ts";
import { isIntraday, nominalMs, type Timeframe } from "../model/timeframe.ts";
import { MINUTE_MS } from "../model/units.ts";

/**
 * How sure an estimate is: `calendar`, counted from trading days; `assumed`, from what such markets usually do;
 * `learned`, corrected by pages that came back.
 */
export type Certainty = "calendar" | "assumed" | "learned";

/** What finished runs taught about one timeframe, as sums over them, in which the older ones count ever less. */
export interface Observed {
  /** Symbols times sessions. */
  readonly sessions: number;
  /** Bars of them all. */
  readonly bars: number;
  /** What the pages were charged, as far as their number tells. */
  readonly units: number;
  /** Symbol-sessions that the first assumption still weighs against these sums. */
  readonly assumed: number;
}

/** What one symbol costs in one session. Immutable: what a run teaches makes another one. */
export interface CostModel {
  /** By timeframe; empty at first, when all is assumed. */
  readonly observed: Readonly<Partial<Record<Timeframe, Observed>>>;
}

/** Expected and worst case of one number. */
export interface Estimate {
  /** What is usual, corrected by what finished runs showed. */
  readonly expected: number;
  /** As if every minute of every session had a trade; never below `expected`. */
  readonly worst: number;
}

/** A model that has seen nothing yet. */
export const INITIAL_COST_MODEL: CostModel = { observed: {} };

/** So many symbol-sessions does the assumption weigh at first. */
const ASSUMED_WEIGHT = 20;

/**
 * So many symbol-sessions of the past weigh at most against the next run, or as many as it has itself: what is queued
 * next is most like what was worked last, since queues go through symbols in order. A run of many symbols still counts
 * for no more than half.
 *
 * Requests over the least possible, as the geometric mean of 19 mixes of thick and thin symbols (either first,
 * shuffled, in tens, a lognormal spread; a week to ten years), at `pages: 8` and four slices at a time; in brackets
 * where thick ones come first, 159 at least:
 *
 * | past at most | 200 | 400 | 1000 | 2000 | 4000 | all |
 * | --- | --- | --- | --- | --- | --- | --- |
 * | over the least | 1.09 (176) | 1.10 (182) | 1.11 (196) | 1.12 | 1.14 | 1.19 (284) |
 *
 * Under 400 ten years are cut anew 31 times in place of 13, and cost more; no other mix gains over 3 %. Rejected: a
 * mean a symbol besides, with this one for symbols unseen: 1.09 (181), and 1.15 if nothing is forgotten. Who has seen a
 * symbol has seen most of what there is to ask of it.
 */
const PAST_SESSIONS = 400;

// Alpaca: 04:00-20:00 New York, 390 regular minutes, a liquid name trades in about 2.35 times as many.
const SESSION_MINUTES = { nyse: { expected: 600, worst: 960 }, always: { expected: 1440, worst: 1440 } } as const;

/** Bars of `timeframe` that one symbol has in one session. */
export function barsPerSession(model: CostModel, timeframe: Timeframe, limits: SourceLimits): Estimate {
  const observed = model.observed[timeframe];
  return withObserved(assumedBars(timeframe, limits), observed, observed?.bars);
}

/** What a page budget is charged for one symbol in one session of `timeframe`. */
export function unitsPerSession(model: CostModel, timeframe: Timeframe, limits: SourceLimits): Estimate {
  const observed = model.observed[timeframe];
  return withObserved(assumedUnits(timeframe, limits), observed, observed?.units);
}

export function certaintyOf(model: CostModel, timeframe: Timeframe): Certainty {
  if (model.observed[timeframe] !== undefined) return "learned";
  return isIntraday(timeframe) ? "assumed" : "calendar";
}

/** What one finished run showed. */
export interface Observation {
  readonly timeframe: Timeframe;
  /** Symbols times sessions that were asked for. */
  readonly sessions: number;
  readonly bars: number;
  readonly pages: number;
  /** How many of the pages were the last of their question, and so need not have been full; 1 or more, default 1. */
  readonly lastPages?: number;
}

/**
 * The model after `observation`: an average over what was seen of late, the assumption included while that is little.
 */
export function learn(model: CostModel, observation: Observation, limits: SourceLimits): CostModel {
  const { timeframe, sessions, bars, pages, lastPages = 1 } = observation;
  if (sessions <= 0 || pages <= 0) return model;
  // The number of pages bounds the charge; within the bounds the bars tell, or the model as it was.
  const believed = limits.chargedInMinutes.includes(timeframe)
    ? unitsPerSession(model, timeframe, limits).expected * sessions
    : bars;
  const units = Math.min(pages * limits.pageSize, Math.max((pages - lastPages) * limits.pageSize, believed));
  const before = model.observed[timeframe] ?? NOTHING;
  const kept = Math.min(1, Math.max(PAST_SESSIONS, sessions) / (before.sessions + before.assumed));
  const after: Observed = {
    sessions: kept * before.sessions + sessions,
    bars: kept * before.bars + bars,
    units: kept * before.units + units,
    assumed: kept * before.assumed,
  };
  return { observed: { ...model.observed, [timeframe]: after } };
}

const NOTHING: Observed = { sessions: 0, bars: 0, units: 0, assumed: ASSUMED_WEIGHT };

/** The assumption blended with what was seen; the worst case is no better than what is expected now. */
function withObserved({ expected, worst }: Estimate, { sessions, assumed } = NOTHING, sum = 0): Estimate {
  const blended = (expected * assumed + sum) / (assumed + sessions);
  return { expected: blended, worst: Math.max(worst, blended) };
}

function assumedUnits(timeframe: Timeframe, limits: SourceLimits): Estimate {
  return assumedBars(limits.chargedInMinutes.includes(timeframe) ? "1Min" : timeframe, limits);
}

function assumedBars(timeframe: Timeframe, { hours }: SourceLimits): Estimate {
  const minutes = SESSION_MINUTES[hours];
  const length = nominalMs(timeframe) / MINUTE_MS;
  if (!isIntraday(timeframe)) {
    // A session a trading day: 252 of 365 days for New York.
    const sessionsPerDay = hours === "nyse" ? 252 / 365 : 1;
    const bars = timeframe === "1Day" ? 1 : 1440 / (length * sessionsPerDay);
    return { expected: bars, worst: bars };
  }
  // A bar is missing only when each of its minutes is.
  const quiet = (1 - minutes.expected / minutes.worst) ** length;
  const slots = Math.ceil(minutes.worst / length);
  return { expected: slots * (1 - quiet), worst: slots };
}
