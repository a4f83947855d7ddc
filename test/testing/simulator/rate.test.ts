import { describe, expect, it } from "vitest";
import { fakeClock } from "../../../src/testing/fake-clock.ts";
import { syntheticMarket } from "../../../src/testing/market/index.ts";
import { alpacaSimulator, type Knobs } from "../../../src/testing/simulator/index.ts";
import { ask, CRYPTO, STOCKS, simulate } from "./ask.ts";

const DAY = { symbols: "SPY", timeframe: "1Day", start: "2022-01-03", end: "2022-01-04" };
const NOW = Date.parse("2024-01-03T20:00:30Z");

const limited = (options: { requestsPerMinute?: number; burst?: number; knobs?: Partial<Knobs> } = {}) => {
  const clock = fakeClock({ now: NOW });
  const simulator = simulate({ clock, requestsPerMinute: 60, burst: 3, ...options });
  const status = async (path = STOCKS, params: Record<string, string> = DAY) =>
    (await ask(simulator, params, path)).status;
  const statuses = async (count: number) => {
    const found: number[] = [];
    for (let i = 0; i < count; i++) found.push(await status());
    return found;
  };
  return { clock, simulator, status, statuses };
};

describe("the bucket", () => {
  it("allows a burst, then refuses in the documented words", async () => {
    const { simulator, statuses } = limited();
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
    const response = await ask(simulator, DAY);
    expect(await response.text()).toBe('{"message":"too many requests."}');
    expect(simulator.stats).toMatchObject({ requests: 5, pages: 3, overdrawn: 2, rejected: 0 });
  });

  it("refills evenly and never past its size", async () => {
    const { clock, statuses } = limited();
    await statuses(3);
    await clock.advance(999);
    expect(await statuses(1)).toEqual([429]);
    await clock.advance(1);
    expect(await statuses(2)).toEqual([200, 429]);
    await clock.advance(2500);
    expect(await statuses(3)).toEqual([200, 200, 429]);
    await clock.advance(500);
    expect(await statuses(2)).toEqual([200, 429]);
    await clock.advance(3_600_000);
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });

  it("does not lose a request to many small steps", async () => {
    const { clock, statuses } = limited({ requestsPerMinute: 200, burst: 1 });
    for (let i = 0; i < 50; i++) {
      expect(await statuses(1)).toEqual([200]);
      for (let step = 0; step < 3; step++) await clock.advance(100);
    }
    await clock.advance(300);
    expect(await statuses(2)).toEqual([200, 429]);
  });

  it("holds 200 or a minute's worth when nothing else is asked for", async () => {
    const clock = fakeClock({ now: NOW });
    for (const [requestsPerMinute, size] of [
      [10_000, 200],
      [50, 50],
    ] as const) {
      const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute, clock });
      for (let i = 0; i < size; i++) await ask(simulator, DAY);
      expect(simulator.stats.overdrawn).toBe(0);
      expect((await ask(simulator, DAY)).status).toBe(429);
    }
  });

  it("is shared by all data paths and spares the trading host; refusals draw from it, strangers do not", async () => {
    const { simulator, status } = limited({ burst: 4 });
    expect(await status("/v2/stocks/SPY/bars", DAY)).toBe(200);
    expect(await status(CRYPTO, { ...DAY, symbols: "BTC/USD" })).toBe(200);
    expect(await status(STOCKS, { ...DAY, symbols: "BRK-B" })).toBe(400);
    expect(await status("/v2/calendar", { start: "2022-01-03", end: "2022-01-03" })).toBe(200);
    expect((await simulator.fetch(`https://data.alpaca.markets${STOCKS}`)).status).toBe(401);
    expect(await status()).toBe(200);
    expect(await status()).toBe(429);
    expect(simulator.stats.byEndpoint).toEqual({ stocks: 4, stock: 1, crypto: 1, calendar: 1, assets: 0, other: 0 });
  });

  it("is full again after a reset", async () => {
    const { simulator, statuses } = limited();
    await statuses(4);
    simulator.reset();
    expect(simulator.stats).toMatchObject({ requests: 0, pages: 0, overdrawn: 0, bars: 0 });
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });
});

describe("the headers of the rate", () => {
  const headersOf = (response: Response) =>
    ["limit", "remaining", "reset"].map((name) => response.headers.get(`x-ratelimit-${name}`));

  it("are on 200 and 400, and count down", async () => {
    const { simulator } = limited();
    expect(headersOf(await ask(simulator, DAY))).toEqual(["60", "2", String(NOW / 1000)]);
    expect(headersOf(await ask(simulator, { ...DAY, symbols: "BRK-B" }))).toEqual(["60", "1", String(NOW / 1000)]);
    expect(headersOf(await ask(simulator, DAY))).toEqual(["60", "0", String(NOW / 1000 + 1)]);
  });

  it("are not on 429, nor is Retry-After", async () => {
    const { simulator, statuses } = limited();
    await statuses(3);
    const response = await ask(simulator, DAY);
    expect(response.status).toBe(429);
    expect(headersOf(response)).toEqual([null, null, null]);
    expect(response.headers.get("retry-after")).toBeNull();
  });

  it("follow their knobs", async () => {
    const refused = async (knobs: Partial<Knobs>) => {
      const { simulator, statuses } = limited({ knobs });
      await statuses(3);
      return ask(simulator, DAY);
    };
    expect(headersOf(await refused({ rateHeaders: "always" }))).toEqual(["60", "0", String(NOW / 1000 + 1)]);
    const atWindowEnd = await refused({ rateHeaders: "always", resetHeader: "window-end" });
    expect(headersOf(atWindowEnd)).toEqual(["60", "0", String(NOW / 1000 + 30)]);
    expect((await refused({ retryAfter: "seconds" })).headers.get("retry-after")).toBe("1");
    expect((await refused({ retryAfter: "date" })).headers.get("retry-after")).toBe("Wed, 03 Jan 2024 20:00:31 GMT");
    const { simulator } = limited({ knobs: { rateHeaders: "never" } });
    expect(headersOf(await ask(simulator, DAY))).toEqual([null, null, null]);
  });
});

describe("latency", () => {
  it("passes on the clock, and an abort ends it", async () => {
    const clock = fakeClock({ now: NOW });
    const simulator = simulate({ clock, latencyMs: 250 });
    expect((await clock.run(ask(simulator, DAY))).status).toBe(200);
    expect(clock.now()).toBe(NOW + 250);
    const controller = new AbortController();
    const url = `https://data.alpaca.markets${STOCKS}?${new URLSearchParams(DAY)}`;
    const asked = simulator.fetch(url, { signal: controller.signal, headers: { Authorization: "Bearer x" } });
    const reason = new Error("never mind");
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await expect(simulator.fetch(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(simulator.stats.requests).toBe(2);
  });
});
