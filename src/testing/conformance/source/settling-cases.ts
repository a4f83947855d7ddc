import assert from "node:assert/strict";
import type { BarPage } from "../../../contracts/bar-source.ts";
import { contains, formatInterval, type Interval, merge } from "../../../model/interval.ts";
import { seriesKey } from "../../../model/series.ts";
import type { ConformanceCase, SourceContext } from "../conformance-case.ts";
import { askedKeys, barsBySymbol, walk } from "./fixtures.ts";

/** `covered`: what the pages settle. */
export const settlingCases: readonly ConformanceCase<SourceContext>[] = [
  {
    id: "B12",
    title: "together the pages settle the whole request, of every symbol, with bars or without",
    async run({ source, request }) {
      assertSettled(await walk(source, request), askedKeys(source, request), request.interval);
    },
  },
  {
    id: "B13",
    title: "nothing is settled that was not asked for, in series or in time",
    async run({ source, request }) {
      const asked = askedKeys(source, request);
      const { start, end } = request.interval;
      for (const { series, interval } of (await walk(source, request)).flatMap(({ covered }) => covered)) {
        assert.ok(asked.has(seriesKey(series)), `${seriesKey(series)} was not asked for`);
        const isInside = interval.start >= start && interval.end <= end;
        assert.ok(isInside, `${seriesKey(series)}: ${formatInterval(interval)} reaches beyond what was asked`);
      }
    },
  },
  {
    id: "B14",
    title: "no page brings a bar where an earlier one has settled",
    async run({ source, request }) {
      const settled: BarPage["covered"][number][] = [];
      for (const { bars, covered } of await walk(source, request)) {
        for (const part of bars) {
          const key = seriesKey(part.series);
          const spans = settled.filter(({ series }) => seriesKey(series) === key);
          for (const { openTime } of part.bars) {
            const span = spans.find(({ interval }) => contains(interval, openTime));
            assert.equal(span, undefined, `${key}: ${openTime} comes after its time was settled`);
          }
        }
        settled.push(...covered);
      }
    },
  },
  {
    id: "B15",
    title: "a request without bars settles all of it, and brings none",
    async run({ source, request, withoutBars }) {
      assert.ok(
        withoutBars,
        "withoutBars is absent: pass a time without bars, or exempt this case where there is none",
      );
      const empty = { ...request, interval: withoutBars };
      const pages = await walk(source, empty);
      for (const [symbol, bars] of barsBySymbol(pages, empty)) assert.deepEqual(bars, [], symbol);
      assertSettled(pages, askedKeys(source, empty), withoutBars);
    },
  },
];

function assertSettled(pages: readonly BarPage[], asked: ReadonlySet<string>, { start, end }: Interval): void {
  const spans = pages.flatMap(({ covered }) => covered);
  for (const key of asked) {
    const settled = merge(spans.filter(({ series }) => seriesKey(series) === key).map(({ interval }) => interval));
    // Beyond the request is another case's.
    const isWhole = settled.some((span) => span.start <= start && span.end >= end);
    assert.ok(isWhole, `${key}: of ${formatInterval({ start, end })} settled is ${settled.map(formatInterval)}`);
  }
}
