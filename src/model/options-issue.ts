/** One thing wrong with what the caller passed. */
export interface OptionsIssue {
  /** Where, as in `symbols[2]` or `timeframes[0]`. */
  readonly path: string;
  /** What would do, with its range: `a whole number from 1 to 100`. */
  readonly expected: string;
  /** What came, shortened and without secrets. */
  readonly received: string;
}
