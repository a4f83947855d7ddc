import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SourceLimits } from "../../src/contracts/bar-source.ts";
import { isIntraday, TIMEFRAMES } from "../../src/model/timeframe.ts";
import {
  barsPerSession,
  type CostModel,
  certaintyOf,
  INITIAL_COST_MODEL,
  learn,
  type Observation,
  unitsPerSession,
} from "../../src/planners/cost-model.ts";
import { CRYPTO, STOCKS } from "./fixtures.ts";

const timeframe = fc.constantFrom(...TIMEFRAMES);
const limits: fc.Arbitrary<SourceLimits> = fc.constantFrom(STOCKS, CRYPTO);

/** As runs report them: pages of which the last ones need not be full, and never more bars than fit. */
const observation: fc.Arbitrary<Observation> = fc
  .record({
    timeframe,
    sessions: fc.double({ min: 0, max: 1e6, noNaN: true }),
    pages: fc.nat({ max: 1000 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    lastPages: fc.integer({ min: 1, max: 50 }),
  })
  .map(({ share, pages, ...rest }) => ({ ...rest, pages, bars: Math.floor(share * pages * 10_000) }));

const learnAll = (observations: readonly Observation[], bounds: SourceLimits): CostModel =>
  observations.reduce((model, one) => learn(model, one, bounds), INITIAL_COST_MODEL);

describe("the assumption", () => {
  test("one bar a session for days, and certain", () => {
    expect(barsPerSession(INITIAL_COST_MODEL, "1Day", STOCKS)).toEqual({ expected: 1, worst: 1 });
    expect(barsPerSession(INITIAL_COST_MODEL, "1Day", CRYPTO)).toEqual({ expected: 1, worst: 1 });
  });

  test("every minute of the day where the market never closes", () => {
    expect(barsPerSession(INITIAL_COST_MODEL, "1Min", CRYPTO)).toEqual({ expected: 1440, worst: 1440 });
    expect(barsPerSession(INITIAL_COST_MODEL, "4Hour", CRYPTO)).toEqual({ expected: 6, worst: 6 });
  });

  test("weeks and months have their share of a session", () => {
    expect(barsPerSession(INITIAL_COST_MODEL, "1Week", STOCKS).expected * 252).toBeCloseTo(365 / 7, 6);
    expect(barsPerSession(INITIAL_COST_MODEL, "1Month", STOCKS).expected * 252).toBeCloseTo(365 / 30, 6);
    expect(barsPerSession(INITIAL_COST_MODEL, "1Week", CRYPTO).expected).toBeCloseTo(1 / 7, 10);
  });

  test("bars that are charged in minutes cost what the minutes cost", () => {
    const minutes = unitsPerSession(INITIAL_COST_MODEL, "1Min", STOCKS);
    expect(unitsPerSession(INITIAL_COST_MODEL, "1Hour", STOCKS)).toEqual(minutes);
    expect(unitsPerSession(INITIAL_COST_MODEL, "1Hour", CRYPTO)).toEqual({ expected: 24, worst: 24 });
    expect(unitsPerSession(INITIAL_COST_MODEL, "1Day", STOCKS)).toEqual({ expected: 1, worst: 1 });
  });

  test.each([...TIMEFRAMES])("%s: longer bars are fewer, and no session expects more than its worst", (timeframe) => {
    for (const bounds of [STOCKS, CRYPTO]) {
      const { expected, worst } = barsPerSession(INITIAL_COST_MODEL, timeframe, bounds);
      expect(expected).toBeGreaterThan(0);
      expect(expected).toBeLessThanOrEqual(worst);
      const longer = TIMEFRAMES[TIMEFRAMES.indexOf(timeframe) + 1];
      if (longer === undefined) continue;
      expect(barsPerSession(INITIAL_COST_MODEL, longer, bounds).expected).toBeLessThan(expected);
    }
  });
});

describe("certainty", () => {
  test("starts with the calendar for days and longer, with an assumption below", () => {
    for (const timeframe of TIMEFRAMES) {
      expect(certaintyOf(INITIAL_COST_MODEL, timeframe)).toBe(isIntraday(timeframe) ? "assumed" : "calendar");
    }
  });

  test("is learned for what was seen, and for nothing else", () => {
    const model = learn(INITIAL_COST_MODEL, { timeframe: "1Hour", sessions: 10, bars: 160, pages: 1 }, STOCKS);
    expect(certaintyOf(model, "1Hour")).toBe("learned");
    expect(certaintyOf(model, "1Min")).toBe("assumed");
    expect(certaintyOf(model, "1Day")).toBe("calendar");
  });
});

describe("learning", () => {
  test("hours that are charged as hours after all soon cost what hours cost", () => {
    // 320,000 minutes were expected on 32 pages; one page came, with all 533 sessions of 16 hours on it.
    const run = { timeframe: "1Hour", sessions: 533, bars: 8528, pages: 1 } as const;
    const model = learn(INITIAL_COST_MODEL, run, STOCKS);
    expect(unitsPerSession(model, "1Hour", STOCKS).expected).toBeLessThan(50);
    expect(unitsPerSession(learnAll(Array(50).fill(run), STOCKS), "1Hour", STOCKS).expected).toBeLessThan(20);
  });

  test("hours that are charged in minutes after all soon cost what minutes cost", () => {
    const plain = { ...STOCKS, chargedInMinutes: [] };
    expect(unitsPerSession(INITIAL_COST_MODEL, "1Hour", plain).expected).toBeLessThan(17);
    const model = learn(INITIAL_COST_MODEL, { timeframe: "1Hour", sessions: 1000, bars: 16_000, pages: 60 }, plain);
    expect(unitsPerSession(model, "1Hour", plain).expected).toBeGreaterThan(550);
    expect(unitsPerSession(model, "1Hour", plain).expected).toBeLessThan(600);
  });

  test("thin and busy symbols pull the expectation their way", () => {
    const seen = (bars: number, pages: number) =>
      barsPerSession(
        learn(INITIAL_COST_MODEL, { timeframe: "1Min", sessions: 500, bars, pages }, STOCKS),
        "1Min",
        STOCKS,
      ).expected;
    expect(seen(5000, 1)).toBeLessThan(40);
    expect(seen(450_000, 45)).toBeGreaterThan(850);
  });

  test("what was seen of late counts more than what was seen before, however much that was", () => {
    const thick = { timeframe: "1Min", sessions: 125, bars: 115_000, pages: 12 } as const;
    const thin = { timeframe: "1Min", sessions: 125, bars: 600, pages: 1 } as const;
    const costAfter = (thinRuns: number) =>
      unitsPerSession(learnAll([...Array(500).fill(thick), ...Array(thinRuns).fill(thin)], STOCKS), "1Min", STOCKS)
        .expected;
    expect(costAfter(0)).toBeGreaterThan(915);
    expect(costAfter(3)).toBeLessThan(costAfter(0) / 2);
    expect(costAfter(20)).toBeLessThan(10);
  });

  test("one run, however large, counts for no more than half of what is believed then", () => {
    const one = (bars: number) => ({ timeframe: "1Min", sessions: 100_000, bars, pages: 9001 }) as const;
    const model = learnAll([one(90_000_000), one(90_000_000), one(0)], STOCKS);
    expect(barsPerSession(model, "1Min", STOCKS).expected).toBeCloseTo(450, 0);
  });

  test("pages within the expected cost change nothing but the certainty", () => {
    const run = { timeframe: "15Min", sessions: 100, bars: 6000, pages: 6 } as const;
    const model = learn(INITIAL_COST_MODEL, run, STOCKS);
    expect(unitsPerSession(model, "15Min", STOCKS).expected).toBeCloseTo(600, 6);
  });

  test("the last pages of many small questions are no evidence of a high charge", () => {
    // Taken up again after a crash: ten symbols, each with a session of its own to go, each on a page of its own.
    const run = { timeframe: "1Day", sessions: 10, bars: 10, pages: 10 } as const;
    expect(unitsPerSession(learn(INITIAL_COST_MODEL, { ...run, lastPages: 10 }, STOCKS), "1Day", STOCKS)).toEqual({
      expected: 1,
      worst: 1,
    });
    // As one question, the same pages would have been charged for something.
    expect(unitsPerSession(learn(INITIAL_COST_MODEL, run, STOCKS), "1Day", STOCKS).expected).toBeGreaterThan(1000);
  });

  test("where nothing was asked or answered, nothing is learned", () => {
    const run = { timeframe: "1Min", sessions: 5, bars: 0, pages: 1 } as const;
    expect(learn(INITIAL_COST_MODEL, { ...run, sessions: 0 }, STOCKS)).toBe(INITIAL_COST_MODEL);
    expect(learn(INITIAL_COST_MODEL, { ...run, pages: 0 }, STOCKS)).toBe(INITIAL_COST_MODEL);
  });

  test("makes a new model and leaves the old one, and the other timeframes, as they were", () => {
    const before = learn(INITIAL_COST_MODEL, { timeframe: "1Min", sessions: 5, bars: 10, pages: 1 }, STOCKS);
    const copy = structuredClone(before);
    const after = learn(before, { timeframe: "1Hour", sessions: 5, bars: 10, pages: 1 }, STOCKS);
    expect(before).toEqual(copy);
    expect(after.observed["1Min"]).toEqual(before.observed["1Min"]);
    expect(INITIAL_COST_MODEL.observed).toEqual({});
  });

  test("whatever is seen, costs are finite, not negative, and expected at most as the worst", () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 10 }), limits, (observations, bounds) => {
        const model = learnAll(observations, bounds);
        for (const timeframe of TIMEFRAMES) {
          for (const cost of [barsPerSession, unitsPerSession]) {
            const { expected, worst } = cost(model, timeframe, bounds);
            expect(expected).toBeGreaterThanOrEqual(0);
            expect(expected).toBeLessThanOrEqual(worst);
            expect(worst).toBeLessThan(Number.POSITIVE_INFINITY);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("more bars and more pages never make a session cheaper", () => {
    fc.assert(
      fc.property(observation, fc.nat({ max: 100_000 }), fc.nat({ max: 100 }), limits, (one, bars, pages, bounds) => {
        fc.pre(one.sessions > 0 && one.pages > 0);
        const less = learn(INITIAL_COST_MODEL, one, bounds);
        const more = learn(INITIAL_COST_MODEL, { ...one, bars: one.bars + bars, pages: one.pages + pages }, bounds);
        for (const cost of [barsPerSession, unitsPerSession]) {
          const [low, high] = [cost(less, one.timeframe, bounds), cost(more, one.timeframe, bounds)];
          expect(high.expected).toBeGreaterThanOrEqual(low.expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("the same evidence again moves the expectation further the same way, and never past the evidence", () => {
    fc.assert(
      fc.property(observation, limits, (one, bounds) => {
        fc.pre(one.sessions > 1 && one.pages > 0);
        const seen = one.bars / one.sessions;
        const distances = [0, 1, 2, 3].map((times) => {
          const model = learnAll(Array(times).fill(one), bounds);
          return barsPerSession(model, one.timeframe, bounds).expected - seen;
        });
        for (const [i, distance] of distances.entries()) {
          const earlier = distances[i - 1] ?? distance;
          expect(Math.abs(distance)).toBeLessThanOrEqual(Math.abs(earlier) * (1 + 1e-9) + 1e-9);
          expect(distance * earlier).toBeGreaterThanOrEqual(-1e-9);
        }
      }),
      { numRuns: 300 },
    );
  });
});
