import assert from "node:assert/strict";
import { TIMEFRAMES } from "../../../model/timeframe.ts";
import type { ConformanceCase, SourceContext } from "../conformance-case.ts";
import { walk } from "./fixtures.ts";

/** What planners must know before anything is asked. */
export const limitsCases: readonly ConformanceCase<SourceContext>[] = [
  {
    id: "B01",
    title: "provider and feed are names without a bar, and the request's feed is the source's",
    async run({ source: { provider, feed }, request }) {
      for (const name of [provider, feed]) assert.match(name, /^[^|]+$/);
      assert.equal(request.feed, feed);
    },
  },
  {
    id: "B02",
    title: "limits are numbers that a plan can be cut by, and names that barfill knows",
    async run({ source: { limits } }) {
      for (const limit of ["pageSize", "symbolsPerRequest", "symbolBytes"] as const) {
        assert.ok(limits[limit] >= 1, `${limit}: expected a number of 1 or more, received ${limits[limit]}`);
      }
      assert.ok(Number.isSafeInteger(limits.historyStart), `historyStart: ${limits.historyStart} is no time in ms`);
      const { withheldTailMs, makeUp = 0 } = limits;
      assert.ok(withheldTailMs >= 0 && Number.isFinite(withheldTailMs), `withheldTailMs: ${withheldTailMs}`);
      assert.ok(Number.isSafeInteger(makeUp) && makeUp >= 0, `makeUp: expected a whole number, received ${makeUp}`);
      for (const timeframe of limits.chargedInMinutes) assert.ok(TIMEFRAMES.includes(timeframe), timeframe);
      assert.ok(["nyse", "always"].includes(limits.hours), `hours: ${limits.hours}`);
      assert.ok(["new-york", "unknown"].includes(limits.dayAnchor), `dayAnchor: ${limits.dayAnchor}`);
    },
  },
  {
    id: "B03",
    title: "limits stay the same while pages are asked for",
    async run({ source, request }) {
      const before = structuredClone(source.limits);
      await walk(source, request);
      assert.deepEqual(source.limits, before);
    },
  },
  {
    id: "B04",
    title: "symbols that the source has are none that it says it cannot have",
    async run({ source, request }) {
      for (const symbol of request.symbols) assert.equal(source.symbolExpected?.(symbol), undefined, symbol);
    },
  },
];
