import type { Clock } from "../../contracts/clock.ts";
import type { Market } from "../market/market.ts";
import { type Answer, htmlRefusal, JSON_TYPE, Refusal, refusal } from "./answer.ts";
import { barsBody } from "./bars-body.ts";
import { type Bucket, tokenBucket } from "./bucket.ts";
import { type Credentials, type HeaderReader, isAuthorized } from "./credentials.ts";
import { type Fault, faultScript } from "./faults.ts";
import type { Knobs } from "./knobs.ts";
import { pageMaker } from "./pages.ts";
import { type BarsQuery, parseBarsQuery, required, SIP_DELAY_MS } from "./query.ts";
import { rateHeaders } from "./rate-headers.ts";
import { type Route, routeOf } from "./route.ts";
import { emptyStats, type SimulatorStats } from "./stats.ts";
import { assetsBody, calendarBody } from "./trading-host.ts";

/** The simulator's options, resolved. */
export interface ServiceOptions {
  readonly market: Market;
  readonly requestsPerMinute: number;
  readonly burst: number;
  readonly knobs: Knobs;
  readonly faults: readonly Fault[];
  readonly clock: Clock;
  readonly credentials?: Credentials | undefined;
  readonly subscription: "basic" | "plus";
  readonly latencyMs: number;
}

/** A request, whichever way it came. */
export interface ServiceRequest {
  readonly method: string;
  readonly url: URL;
  readonly header: HeaderReader;
  readonly signal?: AbortSignal | undefined;
}

/** The service without a transport. */
export interface Service {
  /** Rejects with the reason of `signal` only, and with what the market throws. */
  answer(request: ServiceRequest): Promise<Answer>;
  readonly stats: SimulatorStats;
  /** Counts from zero again, the faults' requests too, with a full bucket. */
  reset(): void;
}

const SLOW_MS = 60_000;

export function createService(options: ServiceOptions): Service {
  const { market, requestsPerMinute, knobs, faults, clock, credentials, subscription, latencyMs } = options;
  const stats = emptyStats();
  const bucket: Bucket = tokenBucket(requestsPerMinute, options.burst, () => clock.now());
  const pages = pageMaker(
    market,
    knobs,
    faults.some((fault) => fault.kind === "repeated-page"),
  );
  let dueFault = faultScript(faults);

  /** The body of 200. Throws a refusal for every other status. */
  function serve(request: ServiceRequest, route: Route, fault: Fault | undefined): string {
    const { endpoint } = route;
    if (request.method !== "GET") throw refusal(405, "method not allowed");
    if (endpoint === "other") throw refusal(404, "endpoint not found.");
    if (endpoint !== "crypto" && !isAuthorized(request.header, credentials)) {
      throw knobs.unauthorized === "401-html" ? htmlRefusal(401) : refusal(403, "forbidden.");
    }
    const params = request.url.searchParams;
    if (endpoint === "calendar") return calendarBody(params);
    if (endpoint === "assets") return assetsBody(market, params);
    if (!bucket.take()) {
      stats.overdrawn++;
      throw refusal(429, "too many requests.");
    }
    if (endpoint !== "stock") required(params, "symbols");
    const now = clock.now();
    const context = { now, subscription, knobs };
    const query = parseBarsQuery(route.symbols, endpoint === "crypto" ? "crypto" : "stocks", params, context);
    checkWall(query, now);
    return pageBody(query, route, fault, now);
  }

  function checkWall(query: BarsQuery, now: number): void {
    if (subscription === "plus" || query.feed !== "sip" || query.end.ms <= now - SIP_DELAY_MS) return;
    const code = knobs.recentSipCode === "with" ? 42210000 : undefined;
    throw refusal(403, "subscription does not permit querying recent SIP data", code);
  }

  function pageBody(query: BarsQuery, { single }: Route, fault: Fault | undefined, now: number): string {
    if (fault?.kind === "expired-token") stats.faults++;
    const { page, struck } = pages.make(query, fault, now);
    if (struck) stats.faults++;
    stats.pages++;
    stats.bars += page.bars;
    stats.charged += page.charged;
    const form = { currency: query.currency, ...(single !== undefined && { single: single.toUpperCase() }) };
    return barsBody(page, form, knobs);
  }

  function respond(request: ServiceRequest, route: Route, fault: Fault | undefined): Answer {
    const early = fault && strikeBefore(fault);
    if (early) stats.faults++;
    const onDataHost = route.endpoint === "stocks" || route.endpoint === "stock" || route.endpoint === "crypto";
    const finish = (status: number, contentType: string, body: string): Answer => ({
      status,
      headers: {
        "Content-Type": contentType,
        Date: new Date(clock.now()).toUTCString(),
        "X-Request-ID": stats.requests.toString(16).padStart(32, "0"),
        ...(onDataHost && status < 500 && rateHeaders(status, bucket, requestsPerMinute, clock.now(), knobs)),
        ...(early && "retryAfterS" in early && { "Retry-After": String(early.retryAfterS) }),
      },
      body,
      delivery: early?.delivery ?? "whole",
    });
    try {
      if (early) throw early.refusal;
      return spoil(finish(200, JSON_TYPE, serve(request, route, fault)), fault);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status < 500 && error.status !== 429) stats.rejected++;
      return finish(error.status, error.contentType, error.body);
    }
  }

  /** What a fault does to an answer that was whole. */
  function spoil(answer: Answer, fault: Fault | undefined): Answer {
    if (fault?.kind !== "cut-off" && fault?.kind !== "garbled") return answer;
    stats.faults++;
    if (fault.kind === "cut-off") return { ...answer, delivery: "cut-off" };
    return { ...answer, body: `${answer.body.slice(0, Math.floor(answer.body.length / 2))}\ufffd<` };
  }

  return {
    stats,
    async answer(request) {
      stats.requests++;
      const route = routeOf(request.url);
      stats.byEndpoint[route.endpoint]++;
      const hasToken = Boolean(request.url.searchParams.get("page_token"));
      const fault = dueFault({ number: stats.requests, symbols: route.symbols, hasToken, at: clock.now() });
      const answer = respond(request, route, fault);
      if (fault?.kind === "slow") stats.faults++;
      const waitMs = latencyMs + (fault?.kind === "slow" ? (fault.ms ?? SLOW_MS) : 0);
      if (waitMs > 0) await clock.sleep(waitMs, request.signal);
      return answer;
    },
    reset() {
      Object.assign(stats, emptyStats());
      bucket.fill();
      pages.reset();
      dueFault = faultScript(faults);
    },
  };
}

/** What a fault answers before the request reaches the service: nothing is drawn from the bucket. */
function strikeBefore(fault: Fault) {
  switch (fault.kind) {
    case "rate-limited": {
      const { retryAfterS } = fault;
      return {
        refusal: refusal(429, "too many requests."),
        delivery: "whole" as const,
        ...(retryAfterS !== undefined && { retryAfterS }),
      };
    }
    case "unavailable":
      return { refusal: htmlRefusal(fault.status ?? 503), delivery: "whole" as const };
    case "reset":
      return { refusal: htmlRefusal(502), delivery: "reset" as const };
    default:
      return undefined;
  }
}
