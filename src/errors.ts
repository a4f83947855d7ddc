import type { BadBar } from "./model/bar.ts";
import type { ErrorCode } from "./model/error-code.ts";
import type { EpochMs } from "./model/interval.ts";
import type { OptionsIssue } from "./model/options-issue.ts";
import type { Series } from "./model/series.ts";

/**
 * What the executor does about an error, and all it looks at:
 * `halt` stops everything, `retry` tries again later, `quarantine` leaves one symbol out and goes on,
 * `fail` ends this run, `leave` drops the run without a word because another worker has it.
 */
export type Disposition = "halt" | "retry" | "quarantine" | "fail" | "leave";

/** Every error of barfill by its stable code. */
export interface ErrorsByCode {
  /** What was passed cannot work. */
  OPTIONS_INVALID: OptionsError;
  /** Refused for the rate. */
  SOURCE_RATE_LIMITED: RateLimitedError;
  /** No good answer: a failing server, a network, a time that is over. */
  SOURCE_UNAVAILABLE: SourceUnavailableError;
  /** A symbol that the source refuses. */
  SYMBOL_REJECTED: SymbolRejectedError;
  /** A request that can never work. */
  SOURCE_REJECTED: SourceRejectedError;
  /** Keys or a subscription that do not suffice. */
  SOURCE_ACCESS: SourceAccessError;
  /** An answer that cannot be true. */
  SOURCE_DATA_INVALID: SourceDataError;
  /** The database failed, or refused. */
  STORE_FAILED: StoreError;
  /** Another worker has the run, or it was cancelled. */
  LEASE_LOST: LeaseLostError;
  /** So many workers died over a run that it was given up. */
  RUN_ABANDONED: RunAbandonedError;
}

/** The base of every error that barfill throws. */
export abstract class BarfillError extends Error {
  /** A brand, because `instanceof` fails across two copies of a package. */
  readonly barfill = true;
  /** The class, whatever a bundler makes of its name. */
  abstract override readonly name: string;
  /** Stays the same while the words of the message may change. */
  abstract readonly code: ErrorCode;
  /** What the executor does about it. */
  abstract readonly disposition: Disposition;
}

/** True for errors of barfill, from any copy of the package; with `code`, for that kind only. */
export function isBarfillError<C extends ErrorCode>(error: unknown, code?: C): error is ErrorsByCode[C] {
  if (typeof error !== "object" || error === null || !("barfill" in error) || error.barfill !== true) return false;
  return code === undefined || ("code" in error && error.code === code);
}

/** The caller passed something that cannot work. Lists every problem, not the first. Nothing was done. */
export class OptionsError extends BarfillError {
  override readonly name = "OptionsError";
  readonly code = "OPTIONS_INVALID";
  readonly disposition = "halt";
  /** Every problem, by place; 1 or more. */
  readonly issues: readonly OptionsIssue[];

  constructor(issues: readonly OptionsIssue[]) {
    super(
      `invalid options\n${issues.map((i) => `  ${i.path}: expected ${i.expected}, received ${i.received}`).join("\n")}`,
    );
    this.issues = issues;
  }
}

/** What the errors of a source have in common. */
export interface SourceDetails extends ErrorOptions {
  /** HTTP's; absent when no answer came. */
  readonly status?: number | undefined;
  /** The source's id of the request, for a support ticket. */
  readonly requestId?: string | undefined;
}

abstract class SourceError extends BarfillError {
  /** HTTP's; `undefined` when no answer came. */
  readonly status: number | undefined;
  /** The source's id of the request, for a support ticket; `undefined` where it gave none. */
  readonly requestId: string | undefined;

  constructor(message: string, { status, requestId, ...options }: SourceDetails) {
    super(requestId === undefined ? message : `${message} (request ${requestId})`, options);
    this.status = status;
    this.requestId = requestId;
  }
}

/** The source asked for patience (429). Costs no attempt. */
export class RateLimitedError extends SourceError {
  override readonly name = "RateLimitedError";
  readonly code = "SOURCE_RATE_LIMITED";
  readonly disposition = "retry";
  /** How long the source asked to wait; `undefined` where it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    { retryAfterMs, ...details }: SourceDetails & { retryAfterMs?: number | undefined } = {},
  ) {
    super(message, details);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The source could not answer: 5xx, network, timeout, cut-off body, pages out of sequence. `halt` where it has answered
 * nothing since the backfill was made, else `retry`.
 */
export class SourceUnavailableError extends SourceError {
  override readonly name = "SourceUnavailableError";
  readonly code = "SOURCE_UNAVAILABLE";
  readonly disposition: "retry" | "halt";

  constructor(
    message: string,
    { disposition = "retry", ...details }: SourceDetails & { disposition?: "retry" | "halt" } = {},
  ) {
    super(message, details);
    this.disposition = disposition;
  }
}

/** The source refuses a symbol, and with it the whole request. */
export class SymbolRejectedError extends SourceError {
  override readonly name = "SymbolRejectedError";
  readonly code = "SYMBOL_REJECTED";
  readonly disposition = "quarantine";
  /** The refused symbol; `undefined` when the source names nobody. */
  readonly symbol: string | undefined;

  constructor(message: string, { symbol, ...details }: SourceDetails & { symbol?: string | undefined } = {}) {
    super(message, details);
    this.symbol = symbol;
  }
}

/** The source refuses the request for a reason that no repetition changes. */
export class SourceRejectedError extends SourceError {
  override readonly name = "SourceRejectedError";
  readonly code = "SOURCE_REJECTED";
  readonly disposition = "fail";
  /** What to change, where that is known. */
  readonly hint: string | undefined;

  constructor(message: string, { hint, ...details }: SourceDetails & { hint?: string | undefined } = {}) {
    super(hint === undefined ? message : `${message}. ${hint}`, details);
    this.hint = hint;
  }
}

/**
 * The credentials or the subscription do not allow it (401, 403), or there are no bars at the address (404): every
 * other request would fail too.
 */
export class SourceAccessError extends SourceError {
  override readonly name = "SourceAccessError";
  readonly code = "SOURCE_ACCESS";
  readonly disposition = "halt";
  /** What to change. */
  readonly hint: string;

  constructor(message: string, { hint, ...details }: SourceDetails & { hint: string }) {
    super(`${message}. ${hint}`, details);
    this.hint = hint;
  }
}

/** The source sent bars that cannot be. They are kept out, and the spans that they leave open are not covered. */
export class SourceDataError extends SourceError {
  override readonly name = "SourceDataError";
  readonly code = "SOURCE_DATA_INVALID";
  readonly disposition = "fail";
  /**
   * The first 10 of the bars that were kept out, of which the message tells the number; empty when the answer as a
   * whole cannot be.
   */
  readonly bars: readonly BadBar[];

  constructor(message: string, { bars = [], ...details }: SourceDetails & { bars?: readonly BadBar[] } = {}) {
    super(message, details);
    this.bars = bars;
  }

  /** The series of the first bad bar; `undefined` when no single bar is to blame. */
  get series(): Series | undefined {
    return this.bars[0]?.series;
  }
  /** Of the first bad bar; `NaN` when it could not be read, `undefined` when no single bar is to blame. */
  get openTime(): EpochMs | undefined {
    return this.bars[0]?.openTime;
  }
  /** What is wrong, of all bad bars in order, as in `high 9 is below low 10`; empty when no single bar is to blame. */
  get issues(): readonly string[] {
    return this.bars.flatMap((bar) => bar.issues);
  }
}

/** The store or the queue failed. `retry` where its error code says that trying again can help, else `halt`. */
export class StoreError extends BarfillError {
  override readonly name = "StoreError";
  readonly code = "STORE_FAILED";
  readonly disposition: "retry" | "halt";
  /** The five characters of SQLSTATE, where the store is a database that has them. */
  readonly sqlState: string | undefined;
  /** The server's own details, where it gives some. */
  readonly details: string | undefined;
  /** What to do, from the server or from barfill, where that is known. */
  readonly hint: string | undefined;

  constructor(
    message: string,
    {
      disposition,
      sqlState,
      details,
      hint,
      ...options
    }: ErrorOptions & { disposition: "retry" | "halt"; sqlState?: string; details?: string; hint?: string },
  ) {
    super(hint === undefined ? message : `${message}. ${hint}`, options);
    this.disposition = disposition;
    this.sqlState = sqlState;
    this.details = details;
    this.hint = hint;
  }
}

/** The lease ran out, another worker took the run, or it was cancelled: whatever this worker says is refused. */
export class LeaseLostError extends BarfillError {
  override readonly name = "LeaseLostError";
  readonly code = "LEASE_LOST";
  readonly disposition = "leave";
  /** The slice whose run is another's now, or over. */
  readonly sliceId: string;

  constructor(sliceId: string, options?: ErrorOptions) {
    super(`the lease on slice ${sliceId} is lost`, options);
    this.sliceId = sliceId;
  }
}

/**
 * So many workers died or fell silent over a run that nobody tries it again by itself: its slice may be what kills
 * them.
 */
export class RunAbandonedError extends BarfillError {
  override readonly name = "RunAbandonedError";
  readonly code = "RUN_ABANDONED";
  readonly disposition = "fail";
  /** The slice of the run. */
  readonly sliceId: string;
  /** How many of its leases ran out. */
  readonly expiries: number;

  constructor(sliceId: string, expiries: number, options?: ErrorOptions) {
    super(
      `${expiries} leases on slice ${sliceId} ran out without a word of their workers. Look for what ended them ` +
        "(memory, a time limit, a crash); then put the run back, or plan smaller slices",
      options,
    );
    this.sliceId = sliceId;
    this.expiries = expiries;
  }
}
