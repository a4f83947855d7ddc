import { describe, expect, it } from "vitest";
import { fakeClock } from "../../../src/testing/fake-clock.ts";
import { BAD_BARS, type Fault, seededFaults, TRANSIENT_FAULTS } from "../../../src/testing/simulator/index.ts";
import { ask, askPage, simulate, type WirePage, walkPages } from "./ask.ts";

const DAYS = { symbols: "QQQ,SPY", timeframe: "1Day", start: "2022-01-03", end: "2022-02-28", limit: "10" };
const whole = await walkPages(simulate(), DAYS);
const faulty = (...faults: Fault[]) => simulate({ faults, requestsPerMinute: 60, burst: 50, clock: fakeClock() });

describe("the timing of a fault", () => {
  const struck = async (fault: Fault, params: Record<string, string>[]) => {
    const simulator = simulate({ faults: [fault] });
    const found: number[] = [];
    for (const [i, more] of params.entries()) {
      if ((await ask(simulator, { ...DAYS, ...more })).status === 503) found.push(i + 1);
    }
    expect(simulator.stats.faults).toBe(found.length);
    return found;
  };
  const times = (count: number) => Array.from({ length: count }, () => ({}));

  it("is the n-th request, every so many, or all", async () => {
    expect(await struck({ kind: "unavailable", request: 3 }, times(7))).toEqual([3]);
    expect(await struck({ kind: "unavailable", every: 3 }, times(7))).toEqual([3, 6]);
    expect(await struck({ kind: "unavailable" }, times(3))).toEqual([1, 2, 3]);
  });

  it("counts the requests that it matches", async () => {
    const walk = [{}, { symbols: "IBM" }, { symbols: "IBM,SPY" }, { symbols: "IBM" }];
    expect(await struck({ kind: "unavailable", match: { symbol: "IBM" } }, walk)).toEqual([2, 3, 4]);
    expect(await struck({ kind: "unavailable", request: 2, match: { symbol: "IBM" } }, walk)).toEqual([3]);
    const { next_page_token } = await askPage(simulate(), DAYS);
    const tokens = [{}, { page_token: next_page_token ?? "" }, {}];
    expect(await struck({ kind: "unavailable", match: { token: true } }, tokens)).toEqual([2]);
    expect(await struck({ kind: "unavailable", match: { token: false } }, tokens)).toEqual([1, 3]);
  });

  it("may be a time: the beginning of every minute", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 0, 2, 15, 0, 58) });
    const fault: Fault = { kind: "unavailable", within: { everyMs: 60_000, forMs: 3000 } };
    const simulator = simulate({ faults: [fault], clock });
    const statuses: number[] = [];
    for (let second = 0; second < 7; second++) {
      statuses.push((await ask(simulator, DAYS)).status);
      await clock.advance(1000);
    }
    expect(statuses).toEqual([200, 200, 503, 503, 503, 200, 200]);
  });

  it("may be chance: about the rate, the same for the same seed, each kind as often", async () => {
    const history = async (seed: number) => {
      const simulator = simulate({ faults: seededFaults({ seed, rate: 0.3, kinds: ["unavailable", "rate-limited"] }) });
      const statuses: number[] = [];
      for (let i = 0; i < 500; i++) statuses.push((await ask(simulator, DAYS)).status);
      return statuses;
    };
    const statuses = await history(1);
    expect(await history(1)).toEqual(statuses);
    expect(await history(2)).not.toEqual(statuses);
    for (const status of [503, 429]) {
      const share = statuses.filter((found) => found === status).length / 500;
      expect(share > 0.1 && share < 0.2).toBe(true);
    }
  });

  it("of several that are due, lets the first strike", async () => {
    const simulator = faulty({ kind: "rate-limited", request: 1 }, { kind: "unavailable", every: 1 });
    expect((await ask(simulator, DAYS)).status).toBe(429);
    expect((await ask(simulator, DAYS)).status).toBe(503);
    simulator.reset();
    expect((await ask(simulator, DAYS)).status).toBe(429);
  });
});

describe("each fault", () => {
  it("rate-limited: 429 though nothing was drawn, with Retry-After where it says so", async () => {
    const simulator = faulty(
      { kind: "rate-limited", request: 1 },
      { kind: "rate-limited", request: 2, retryAfterS: 7 },
    );
    const bare = await ask(simulator, DAYS);
    expect([bare.status, bare.headers.get("retry-after")]).toEqual([429, null]);
    expect(await bare.text()).toBe('{"message":"too many requests."}');
    expect((await ask(simulator, DAYS)).headers.get("retry-after")).toBe("7");
    const after = await ask(simulator, DAYS);
    expect(after.headers.get("x-ratelimit-remaining")).toBe("49");
    expect(simulator.stats).toMatchObject({ requests: 3, pages: 1, overdrawn: 0, faults: 2, rejected: 0 });
  });

  it("unavailable: any of the four, in HTML", async () => {
    for (const status of [500, 502, 503, 504] as const) {
      const response = await ask(faulty({ kind: "unavailable", status }), DAYS);
      expect([response.status, response.headers.get("content-type")]).toEqual([status, "text/html"]);
      expect(await response.text()).toContain(`<h1>${status} `);
    }
  });

  it("reset: the request fails as a broken connection does", async () => {
    const simulator = faulty({ kind: "reset" });
    const failure = await ask(simulator, DAYS).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TypeError);
    expect(failure).toMatchObject({ message: "fetch failed", cause: { code: "ECONNRESET" } });
    expect(simulator.stats).toMatchObject({ requests: 1, pages: 0, faults: 1 });
  });

  it("cut-off: 200, and the body breaks in the middle", async () => {
    const response = await ask(faulty({ kind: "cut-off" }), DAYS);
    expect(response.status).toBe(200);
    const failure = await response.text().catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: "terminated" });
  });

  it("garbled: 200 and no JSON", async () => {
    const response = await ask(faulty({ kind: "garbled" }), DAYS);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it("slow: late by the clock, and abortable", async () => {
    const clock = fakeClock({ now: 0 });
    const simulator = simulate({ clock, faults: [{ kind: "slow", ms: 30_000 }] });
    await clock.run(ask(simulator, DAYS));
    expect(clock.now()).toBe(30_000);
    const asked = simulator.fetch("https://data.alpaca.markets/", { signal: AbortSignal.abort("no") });
    await expect(asked).rejects.toBe("no");
  });

  it("expired-token: 400 for a good token, and the first page is spared", async () => {
    const simulator = faulty({ kind: "expired-token", request: 1 });
    const { next_page_token } = await askPage(simulator, DAYS);
    const next = { ...DAYS, page_token: next_page_token ?? "" };
    const refused = await ask(simulator, next);
    expect([refused.status, await refused.text()]).toEqual([400, '{"message":"invalid page_token"}']);
    expect((await ask(simulator, next)).status).toBe(200);
    expect(simulator.stats).toMatchObject({ faults: 1, rejected: 1, pages: 2 });
  });

  it.each(["asc", "desc"])("empty-page: its token goes on correctly, %s, from the first page on", async (sort) => {
    const params = { ...DAYS, sort };
    const { bars: expected } = await walkPages(simulate(), params);
    const { bars, sizes } = await walkPages(
      faulty({ kind: "empty-page", every: 2 }, { kind: "empty-page", request: 1 }),
      params,
    );
    expect(sizes.slice(0, 4)).toEqual([0, 0, 10, 0]);
    expect(Object.fromEntries(bars)).toEqual(Object.fromEntries(expected));
  });

  it("repeated-page: the page before, once, with the token it had", async () => {
    const simulator = faulty({ kind: "repeated-page", request: 1 });
    const first = await askPage(simulator, DAYS);
    const next = { ...DAYS, page_token: first.next_page_token ?? "" };
    expect(await askPage(simulator, next)).toEqual(first);
    const second = await askPage(simulator, next);
    expect(second).not.toEqual(first);
    const again = faulty({ kind: "repeated-page", request: 2 });
    const pages: WirePage[] = [];
    for (const token of ["", first.next_page_token, second.next_page_token]) {
      pages.push(await askPage(again, token ? { ...DAYS, page_token: token } : DAYS));
    }
    expect(pages[2]).toEqual(second);
    expect(again.stats.faults).toBe(1);
  });

  it("repeated-page: passes over a token whose page it has not given out", async () => {
    const { next_page_token } = await askPage(simulate(), DAYS);
    const simulator = faulty({ kind: "repeated-page" });
    await askPage(simulator, { ...DAYS, page_token: next_page_token ?? "" });
    expect(simulator.stats.faults).toBe(0);
  });

  it("bad-bar: exactly one thing is wrong, and the token is right", async () => {
    const right = await askPage(simulate(), DAYS);
    const good = right.bars?.["QQQ"] ?? [];
    for (const how of BAD_BARS) {
      const page = await askPage(faulty({ kind: "bad-bar", how }), DAYS);
      const bars = page.bars?.["QQQ"] ?? [];
      expect(page.next_page_token).toBe(right.next_page_token);
      const [first, second] = bars;
      if (first === undefined || second === undefined) throw new Error("too short");
      switch (how) {
        case "high-below-low":
          expect(first.h).toBeLessThan(first.l);
          break;
        case "not-finite":
          expect(first.c).toBeNull();
          break;
        case "outside":
          expect(Date.parse(first.t)).toBeLessThan(Date.parse(DAYS.start));
          break;
        case "out-of-order":
          expect([second, first, ...bars.slice(2)]).toEqual(good);
          break;
        case "repeated":
          expect(bars).toEqual([good[0], ...good]);
          break;
      }
      if (how !== "repeated" && how !== "out-of-order") expect(bars.slice(1)).toEqual(good.slice(1));
    }
  });

  it("bad-bar: does not strike an empty page", async () => {
    const simulator = faulty({ kind: "bad-bar", request: 1 });
    await askPage(simulator, { ...DAYS, symbols: "VIX" });
    expect(simulator.stats.faults).toBe(0);
  });
});

describe("a client that asks again", () => {
  it("gets everything, whatever transient fault strikes", async () => {
    for (const kind of TRANSIENT_FAULTS) {
      const clock = fakeClock();
      const simulator = simulate({ clock, faults: seededFaults({ seed: 5, rate: 0.4, kinds: [kind] }) });
      const found: Record<string, unknown[]> = {};
      let token: string | null = "";
      const seen = new Set<string>();
      while (token !== null) {
        const page: WirePage | undefined = await clock
          .run(ask(simulator, token ? { ...DAYS, page_token: token } : DAYS))
          .then(async (response) => (response.ok ? ((await response.json()) as WirePage) : undefined))
          .catch(() => undefined);
        if (page === undefined) continue;
        for (const [symbol, bars] of Object.entries(page.bars ?? {})) {
          for (const bar of bars) {
            if (seen.has(symbol + bar.t)) continue;
            seen.add(symbol + bar.t);
            (found[symbol] ??= []).push(bar);
          }
        }
        token = page.next_page_token;
      }
      expect(found, kind).toEqual(Object.fromEntries(whole.bars));
      expect(simulator.stats.faults, kind).toBeGreaterThan(0);
    }
  });
});
