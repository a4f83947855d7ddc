/**
 * What to look up and to switch on: these do not change with the words of a message. More may come in a minor version:
 * have a default.
 */
export type ErrorCode =
  | "OPTIONS_INVALID"
  | "SOURCE_RATE_LIMITED"
  | "SOURCE_UNAVAILABLE"
  | "SYMBOL_REJECTED"
  | "SOURCE_REJECTED"
  | "SOURCE_ACCESS"
  | "SOURCE_DATA_INVALID"
  | "STORE_FAILED"
  | "LEASE_LOST"
  | "RUN_ABANDONED";

/**
 * The code of an error as it is kept and reported: a barfill error's own, `UNEXPECTED` for any other. Open, because a
 * queue keeps what other versions wrote, and a part of your own may have codes of its own.
 */
export type RunErrorCode = ErrorCode | "UNEXPECTED" | (string & {});

/** An error as it is kept and reported: no stack, no secrets. */
export interface RunError {
  /** A barfill error's own; `UNEXPECTED` for any other. */
  readonly code: RunErrorCode;
  /** For people, with what to change where that is known. */
  readonly message: string;
}
