/** What a subscription of Alpaca's market data allows. */
export interface AlpacaSubscription {
  /** `Basic`, `Algo Trader Plus` or `broker`. */
  readonly name: string;
  /** Of an account, all its programs together. */
  readonly requestsPerMinute: number;
  /** How old SIP bars must be before they may be asked for, in minutes. */
  readonly sipDelayMinutes: number;
}

/**
 * The subscriptions, cheapest first. Broker partners have 1,000 to 10,000 requests a minute by contract; the least is
 * given.
 *
 * @see https://docs.alpaca.markets/docs/about-market-data-api
 */
export const ALPACA_SUBSCRIPTIONS: readonly AlpacaSubscription[] = [
  { name: "Basic", requestsPerMinute: 200, sipDelayMinutes: 15 },
  { name: "broker", requestsPerMinute: 1000, sipDelayMinutes: 0 },
  { name: "Algo Trader Plus", requestsPerMinute: 10_000, sipDelayMinutes: 0 },
];
