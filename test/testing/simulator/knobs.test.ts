import { describe, expect, it } from "vitest";
import { isBarfillError } from "../../../src/errors.ts";
import { fakeClock } from "../../../src/testing/fake-clock.ts";
import { KNOBS, type Knobs } from "../../../src/testing/simulator/index.ts";
import { ask, askPage, CRYPTO, type Params, STOCKS, simulate, walkPages } from "./ask.ts";

const NOW = Date.parse("2024-01-03T20:00:10Z");
const DAYS: Params = { symbols: "SPY", timeframe: "1Day", start: "2022-01-03", end: "2022-12-31", limit: "50" };
const HOURS: Params = { symbols: "SPY", timeframe: "1Hour", start: "2022-01-03", end: "2022-02-01", limit: "600" };

type Simulator = ReturnType<typeof simulate>;
const textOf =
  (params: Params, path = STOCKS) =>
  async (simulator: Simulator) => {
    const response = await ask(simulator, params, path);
    return `${response.status} ${await response.text()}`;
  };
const walkOf = (params: Params) => async (simulator: Simulator) => (await walkPages(simulator, params)).sizes;

/** For every knob a question whose answer differs with every setting. */
const QUESTIONS: Record<keyof Knobs, (simulator: Simulator) => Promise<unknown>> = {
  collation: textOf({ ...DAYS, symbols: "BRKA,QQQ,BRK.B", end: "2022-01-04" }),
  repeatedSymbols: textOf({ ...DAYS, symbols: "SPY,QQQ,SPY" }),
  lowerCaseSymbols: textOf({ ...DAYS, symbols: "spy,QQQ", end: "2022-01-08" }),
  emptyBars: textOf({ ...DAYS, symbols: "VIX" }),
  tokenOnFullLastPage: walkOf({ ...DAYS, end: "2022-01-08", limit: "5" }),
  emptyPages: walkOf({ ...DAYS, limit: "10" }),
  tokenFormat: textOf(DAYS),
  fourHourAnchor: textOf({ ...HOURS, timeframe: "4Hour", limit: "10000" }),
  cryptoDayAnchor: textOf({ ...DAYS, symbols: "BTC/USD" }, CRYPTO),
  pageCharge: walkOf(HOURS),
  pageChargeBelowMaxLimit: walkOf(HOURS),
  shortPages: walkOf(DAYS),
  limitAboveMax: textOf({ ...DAYS, limit: "10001" }),
  barKeys: textOf(DAYS),
  rateHeaders: async (simulator) => {
    const answers = [await ask(simulator, DAYS), await ask(simulator, DAYS)];
    return answers.map((answer) => `${answer.status} ${answer.headers.get("x-ratelimit-remaining")}`);
  },
  resetHeader: async (simulator) => (await ask(simulator, DAYS)).headers.get("x-ratelimit-reset"),
  retryAfter: async (simulator) => {
    await ask(simulator, DAYS);
    return (await ask(simulator, DAYS)).headers.get("retry-after");
  },
  unauthorized: async (simulator) => (await simulator.fetch("https://data.alpaca.markets/v2/stocks/bars")).status,
  recentSipCode: textOf({ ...DAYS, end: "2024-01-03T20:00:00Z", feed: "sip" }),
  dateMidnight: textOf({ ...DAYS, timeframe: "1Hour", start: "2022-01-04", limit: "1" }),
  lateTrades: textOf({ symbols: "SPY", timeframe: "1Min", start: "2024-01-03T19:59:00Z", end: "2024-01-03T19:59:00Z" }),
  history: textOf({ ...DAYS, start: "2015-12-30", limit: "1" }),
};

const ask1 = async <K extends keyof Knobs>(knob: K, setting: Knobs[K]) => {
  const chosen = { [knob]: setting } as Partial<Knobs>;
  const subscription = knob === "recentSipCode" ? "basic" : "plus";
  const simulator = simulate({ clock: fakeClock({ now: NOW }), burst: 1e3, subscription, knobs: chosen });
  const dry = simulate({ clock: fakeClock({ now: NOW }), requestsPerMinute: 10, burst: 1, knobs: chosen });
  const needsDry = knob === "rateHeaders" || knob === "retryAfter" || knob === "resetHeader";
  return QUESTIONS[knob](needsDry ? dry : simulator);
};

describe("every knob", () => {
  it.each(Object.keys(KNOBS) as (keyof Knobs)[])("%s: each setting shows in the answer", async (knob) => {
    const answers: string[] = [];
    for (const setting of KNOBS[knob]) answers.push(JSON.stringify(await ask1(knob, setting)));
    expect(new Set(answers).size).toBe(KNOBS[knob].length);
  });

  it("has its first setting as the default", async () => {
    for (const knob of Object.keys(KNOBS) as (keyof Knobs)[]) {
      const subscription = knob === "recentSipCode" ? "basic" : "plus";
      if (knob === "rateHeaders" || knob === "retryAfter" || knob === "resetHeader") continue;
      const untouched = simulate({ clock: fakeClock({ now: NOW }), burst: 1e3, subscription });
      expect(await QUESTIONS[knob](untouched), knob).toEqual(await ask1(knob, KNOBS[knob][0]));
    }
  });

  it("is refused when nobody knows it, or its setting", () => {
    expect.assertions(2);
    try {
      simulate({ knobs: { colation: "reverse", pageCharge: "nothing" } as unknown as Partial<Knobs>, burst: 0 });
    } catch (error) {
      if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
      expect(error.issues.map((issue) => issue.path)).toEqual(["burst"]);
    }
    try {
      simulate({ knobs: { colation: "reverse", pageCharge: "nothing" } as unknown as Partial<Knobs> });
    } catch (error) {
      if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
      expect(error.issues.map((issue) => issue.path)).toEqual(["knobs.colation", "knobs.pageCharge"]);
    }
  });

  it("leaves the bars of a whole walk the same where it only cuts them otherwise", async () => {
    const params = { ...HOURS, symbols: "SPY,BRK.B,BRKA" };
    const { bars: expected } = await walkPages(simulate(), params);
    const cutting = [
      "collation",
      "tokenOnFullLastPage",
      "emptyPages",
      "tokenFormat",
      "pageCharge",
      "shortPages",
    ] as const;
    for (const knob of [...cutting, "pageChargeBelowMaxLimit", "barKeys"] as const) {
      for (const setting of KNOBS[knob]) {
        const { bars } = await walkPages(simulate({ knobs: { [knob]: setting } as Partial<Knobs> }), params);
        for (const [symbol, series] of expected) expect(bars.get(symbol), `${knob} ${setting}`).toEqual(series);
      }
    }
  });
});

describe("in particular", () => {
  it("collations", async () => {
    const order = async (collation: Knobs["collation"]) => {
      const page = await askPage(simulate({ knobs: { collation } }), {
        ...DAYS,
        symbols: "BRKA,QQQ,BRK.B",
        end: "2022-01-04",
      });
      return Object.keys(page.bars ?? {});
    };
    expect(await order("code-unit")).toEqual(["BRK.B", "BRKA", "QQQ"]);
    expect(await order("reverse")).toEqual(["QQQ", "BRKA", "BRK.B"]);
    expect(await order("request-order")).toEqual(["BRKA", "QQQ", "BRK.B"]);
    expect(await order("case-insensitive-locale")).toEqual(["BRKA", "BRK.B", "QQQ"]);
  });

  it("empty pages come in the middle, and their token goes on", async () => {
    const { bars, sizes } = await walkPages(simulate({ knobs: { emptyPages: "sometimes" } }), { ...DAYS, limit: "10" });
    expect(sizes.filter((size) => size === 0).length).toBeGreaterThan(2);
    expect(sizes.at(-1)).not.toBe(0);
    expect(bars.get("SPY")).toHaveLength(251);
  });

  it("a full last page with a token is followed by an empty one", async () => {
    const params = { ...DAYS, end: "2022-01-08", limit: "5" };
    expect((await walkPages(simulate(), params)).sizes).toEqual([5]);
    expect((await walkPages(simulate({ knobs: { tokenOnFullLastPage: true } }), params)).sizes).toEqual([5, 0]);
  });

  it("a fixed page charge lets a small limit bound the bars", async () => {
    const sizes = async (knobs: Partial<Knobs>) => (await walkPages(simulate({ knobs }), HOURS)).sizes[0];
    expect(await sizes({})).toBeLessThan(16);
    expect(await sizes({ pageChargeBelowMaxLimit: "fixed" })).toBeGreaterThan(160);
    expect(await sizes({ pageCharge: "bars" })).toBeGreaterThan(300);
  });
});
