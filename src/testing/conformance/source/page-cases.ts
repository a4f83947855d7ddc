import assert from "node:assert/strict";
import { contains, formatInterval } from "../../../model/interval.ts";
import { seriesKey } from "../../../model/series.ts";
import type { ConformanceCase, SourceContext } from "../conformance-case.ts";
import { askedKeys, barsBySymbol, cutAtBar, walk } from "./fixtures.ts";

/** Pages, and the bars in them. */
export const pageCases: readonly ConformanceCase<SourceContext>[] = [
  {
    id: "B05",
    title: "pages end, and no cursor comes twice",
    async run({ source, request }) {
      await walk(source, request);
    },
  },
  {
    id: "B06",
    title: "the request takes more than one page, so that the other cases prove something of pages",
    async run({ source, request }) {
      const { length } = await walk(source, request);
      assert.ok(length > 1, "all came in one page: ask for more, or exempt this case where the source has no pages");
    },
  },
  {
    id: "B07",
    title: "every bar arrives: of each symbol as many as are known",
    async run({ source, request, barCounts }) {
      const found = barsBySymbol(await walk(source, request), request);
      const counts = Object.fromEntries([...found].map(([symbol, bars]) => [symbol, bars.length]));
      assert.deepEqual(counts, Object.fromEntries(request.symbols.map((symbol) => [symbol, barCounts[symbol] ?? 0])));
      assert.ok(
        Object.values(counts).some((count) => count > 0),
        "the request has no bars: ask for some",
      );
    },
  },
  {
    id: "B08",
    title: "bars are of the series that were asked for, each once a page",
    async run({ source, request }) {
      const asked = askedKeys(source, request);
      for (const { bars } of await walk(source, request)) {
        const keys = bars.map(({ series }) => seriesKey(series));
        for (const key of keys) assert.ok(asked.has(key), `${key} was not asked for`);
        assert.equal(new Set(keys).size, keys.length, `a series comes twice in a page: ${keys.join(" ")}`);
      }
    },
  },
  {
    id: "B09",
    title: "the bars of a symbol ascend and none comes twice, from page to page too",
    async run({ source, request }) {
      for (const [symbol, bars] of barsBySymbol(await walk(source, request), request)) {
        for (const [i, { openTime }] of bars.entries()) {
          const before = bars[i - 1]?.openTime ?? Number.NEGATIVE_INFINITY;
          assert.ok(openTime > before, `${symbol}: ${openTime} comes after ${before}`);
        }
      }
    },
  },
  {
    id: "B10",
    title: "bars open at whole milliseconds inside the interval, and the one at its end is not inside",
    async run({ source, request }) {
      const whole = await walk(source, request);
      const [left, right] = cutAtBar(whole, request);
      for (const part of [request, left, right]) {
        for (const [symbol, bars] of barsBySymbol(await walk(source, part), part)) {
          for (const { openTime } of bars) {
            const isInside = Number.isSafeInteger(openTime) && contains(part.interval, openTime);
            assert.ok(isInside, `${symbol}: ${openTime} is outside ${formatInterval(part.interval)}`);
          }
        }
      }
    },
  },
  {
    id: "B11",
    title: "a request cut in two, at a bar, brings the bars of the whole, and each half brings its own",
    async run({ source, request }) {
      const whole = await walk(source, request);
      const found = barsBySymbol(whole, request);
      for (const part of cutAtBar(whole, request)) {
        for (const [symbol, bars] of barsBySymbol(await walk(source, part), part)) {
          const expected = found.get(symbol)?.filter(({ openTime }) => contains(part.interval, openTime));
          assert.deepEqual(bars, expected, `${symbol}, ${formatInterval(part.interval)}`);
        }
      }
    },
  },
];
