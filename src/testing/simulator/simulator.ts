import type { Clock } from "../../contracts/clock.ts";
import { OptionsError } from "../../errors.ts";
import type { OptionsIssue } from "../../model/options-issue.ts";
import { systemClock } from "../../system-clock.ts";
import type { Market } from "../market/market.ts";
import { type WalkCosts, walkCosts } from "./cost.ts";
import type { Credentials } from "./credentials.ts";
import type { Fault } from "./faults.ts";
import { type Fetch, inProcessFetch } from "./in-process.ts";
import { type Knobs, resolveKnobs } from "./knobs.ts";
import { type SimulatorServer, serveOverHttp } from "./serve.ts";
import { createService } from "./service.ts";
import type { SimulatorStats } from "./stats.ts";

/** What the simulator serves, how fast, and what goes wrong. */
export interface AlpacaSimulatorOptions {
  /** What it serves: {@link syntheticMarket}, {@link csvMarket}, or your own. */
  readonly market: Market;
  /** How fast the bucket refills; 200 when absent, as the free subscription's. */
  readonly requestsPerMinute?: number;
  /** How many requests the full bucket holds; `requestsPerMinute`, but 200 at most, when absent. */
  readonly burst?: number;
  /** Settings of {@link KNOBS}; the first of each when absent. */
  readonly knobs?: Partial<Knobs>;
  /** What goes wrong; nothing when absent. Of several that are due, the first strikes. */
  readonly faults?: readonly Fault[];
  /** Time and waiting; the machine's when absent. */
  readonly clock?: Clock;
  /** The only key pair that is let in; any that is not empty when absent. */
  readonly credentials?: Credentials;
  /** `basic` refuses SIP data of the last 15 minutes; `plus` when absent. */
  readonly subscription?: "basic" | "plus";
  /** How long every answer takes; 0 when absent. */
  readonly latencyMs?: number;
}

/** A stand-in for Alpaca's market data API. */
export interface AlpacaSimulator extends WalkCosts {
  /** Asks without a socket, whatever the host of the URL. */
  readonly fetch: Fetch;
  /** Serves over HTTP on 127.0.0.1, on a free port when none is given. */
  serve(options?: { readonly port?: number }): Promise<SimulatorServer>;
  /** What the service saw so far: one object that counts on. */
  readonly stats: SimulatorStats;
  /** Sets the stats to zero, fills the bucket, and lets the faults count from the start. */
  reset(): void;
}

/**
 * A service that answers as Alpaca's bars endpoints do: paging, page cost, rate limit, refusals, and on request every
 * fault that a client has to survive. Throws {@link OptionsError} for an unknown knob or a number that makes no sense.
 */
export function alpacaSimulator({
  market,
  requestsPerMinute = 200,
  burst = Math.max(1, Math.min(200, requestsPerMinute)),
  knobs: chosenKnobs = {},
  faults = [],
  clock = systemClock,
  credentials,
  subscription = "plus",
  latencyMs = 0,
}: AlpacaSimulatorOptions): AlpacaSimulator {
  checkNumbers({ requestsPerMinute, burst, latencyMs });
  const knobs = resolveKnobs(chosenKnobs);
  const service = createService({
    market,
    requestsPerMinute,
    burst,
    knobs,
    faults,
    clock,
    credentials,
    subscription,
    latencyMs,
  });
  return {
    fetch: inProcessFetch(service),
    serve: ({ port = 0 } = {}) => serveOverHttp(service, port),
    stats: service.stats,
    reset: () => service.reset(),
    ...walkCosts(market, knobs, () => clock.now()),
  };
}

function checkNumbers({ requestsPerMinute, burst, latencyMs }: Record<string, number>): void {
  const issues: OptionsIssue[] = [];
  const check = (path: string, value: number | undefined, least: number, expected: string) => {
    if (!(Number.isFinite(value) && Number(value) >= least)) issues.push({ path, expected, received: String(value) });
  };
  check("requestsPerMinute", requestsPerMinute, Number.MIN_VALUE, "a number above 0");
  check("burst", burst, 1, "a number of at least 1");
  check("latencyMs", latencyMs, 0, "a number of at least 0");
  if (issues.length > 0) throw new OptionsError(issues);
}
