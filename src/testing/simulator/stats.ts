/** What the service saw. One object, counting on; `reset` sets it back to zero. */
export interface SimulatorStats {
  /** All requests, on whatever path and however they ended. */
  readonly requests: number;
  /** Pages of bars that were made, those that a fault then spoiled included. */
  readonly pages: number;
  /** Answers of 4xx other than 429. */
  readonly rejected: number;
  /** 429s because the bucket was empty: the client went over its rate. */
  readonly overdrawn: number;
  /** Faults that struck. */
  readonly faults: number;
  /** Bars on those pages. */
  readonly bars: number;
  /** What those pages were charged: bars, or the minute bars beneath them. */
  readonly charged: number;
  /** Requests by endpoint. */
  readonly byEndpoint: Readonly<Record<Endpoint, number>>;
}

/** `stock` is the single-symbol form; `other` is whatever the simulator does not serve. */
export type Endpoint = "stocks" | "stock" | "crypto" | "calendar" | "assets" | "other";

export type MutableStats = { -readonly [K in Exclude<keyof SimulatorStats, "byEndpoint">]: number } & {
  readonly byEndpoint: Record<Endpoint, number>;
};

export function emptyStats(): MutableStats {
  const byEndpoint = { stocks: 0, stock: 0, crypto: 0, calendar: 0, assets: 0, other: 0 };
  return { requests: 0, pages: 0, rejected: 0, overdrawn: 0, faults: 0, bars: 0, charged: 0, byEndpoint };
}
