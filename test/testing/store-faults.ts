import type { BarStore } from "../../src/contracts/bar-store.ts";
import { StoreError } from "../../src/errors.ts";
import type { Bar } from "../../src/model/bar.ts";
import type { CoveredSpan } from "../../src/model/coverage.ts";
import { clip, contains, type Interval, merge } from "../../src/model/interval.ts";
import { type Series, seriesKey } from "../../src/model/series.ts";
import { EVER, readAll } from "../../src/testing/conformance/store/fixtures.ts";
import type { Fault } from "./fault.ts";

/** The store sees every series as `rename` makes it. */
function renamed(store: BarStore, rename: (series: Series) => Series): BarStore {
  const one = <T extends { readonly series: Series }>(entry: T): T => ({ ...entry, series: rename(entry.series) });
  return {
    commit: (bars, covered) => store.commit(bars.map(one), covered.map(one)),
    async coverage(series, within) {
      const found = await store.coverage(series.map(rename), within);
      return new Map(series.map((one) => [seriesKey(one), found.get(seriesKey(rename(one))) ?? []]));
    },
    read: (series, within) => store.read(rename(series), within),
  };
}

/** Every bar goes through `change` on its way in. */
function changing(store: BarStore, change: (bar: Bar) => Bar): BarStore {
  return {
    ...store,
    commit: (entries, covered) =>
      store.commit(
        entries.map(({ series, bars }) => ({ series, bars: bars.map(change) })),
        covered,
      ),
  };
}

/** Coverage is kept apart from the store, as `add` leaves it. */
function withOwnCoverage(
  store: BarStore,
  add: (held: readonly CoveredSpan[], more: readonly CoveredSpan[]) => readonly CoveredSpan[],
): BarStore {
  let held: readonly CoveredSpan[] = [];
  return {
    async commit(bars, covered) {
      const before = held;
      const counts = await store.commit(bars, covered);
      held = add(before, covered);
      return counts;
    },
    async coverage(series, within) {
      const of = (one: Series) => held.filter((span) => seriesKey(span.series) === seriesKey(one));
      return new Map(
        series.map((one) => [seriesKey(one), of(one).flatMap((span) => clip(span.interval, within) ?? [])]),
      );
    },
    read: store.read,
  };
}

function mergedSpans(spans: readonly CoveredSpan[]): CoveredSpan[] {
  const bySeries = new Map(spans.map(({ series }) => [seriesKey(series), series]));
  return [...bySeries].flatMap(([key, series]) => {
    const own = spans.filter((span) => seriesKey(span.series) === key);
    return merge(own.map(({ interval }) => interval)).map((interval) => ({ series, interval }));
  });
}

function spanOf(bars: readonly Bar[]): Interval {
  const times = bars.map(({ openTime }) => openTime);
  return { start: Math.min(...times), end: Math.max(...times) + 60_000 };
}

export const storeFaults: readonly Fault<BarStore>[] = [
  {
    name: "the provider is left out of the key",
    breaks: ["S11", "S12"],
    plant: (store) => renamed(store, (series) => ({ ...series, provider: "test" })),
  },
  {
    name: "the timeframe is left out of the key",
    breaks: ["S11", "S12"],
    plant: (store) => renamed(store, (series) => ({ ...series, timeframe: "1Min" })),
  },
  {
    name: "the feed is left out of the key",
    breaks: ["S11", "S12"],
    plant: (store) => renamed(store, (series) => ({ ...series, feed: "sip" })),
  },
  {
    name: "the adjustment is left out of the key",
    breaks: ["S11", "S12"],
    plant: (store) => renamed(store, (series) => ({ ...series, adjustment: "raw" })),
  },
  {
    name: "symbols are compared without regard to case",
    breaks: ["S13"],
    plant: (store) => renamed(store, (series) => ({ ...series, symbol: series.symbol.toUpperCase() })),
  },
  {
    name: "symbols are trimmed",
    breaks: ["S13"],
    plant: (store) => renamed(store, (series) => ({ ...series, symbol: series.symbol.trim() })),
  },
  {
    name: "symbols are normalized",
    breaks: ["S13"],
    plant: (store) => renamed(store, (series) => ({ ...series, symbol: series.symbol.normalize() })),
  },
  {
    name: "read closes the open end",
    breaks: ["S02"],
    plant: (store) => ({ ...store, read: (series, { start, end }) => store.read(series, { start, end: end + 1 }) }),
  },
  {
    name: "read leaves the start out",
    breaks: ["S02", "S28", "S29"],
    plant: (store) => ({ ...store, read: (series, { start, end }) => store.read(series, { start: start + 1, end }) }),
  },
  {
    name: "read stops after a thousand bars",
    breaks: ["S30", "S23", "S29"],
    plant: (store) => ({
      ...store,
      async *read(series, within) {
        let left = 1000;
        for await (const bar of store.read(series, within)) if (left-- > 0) yield bar;
      },
    }),
  },
  {
    name: "read goes on two milliseconds after a page",
    breaks: ["S30", "S23"],
    plant: (store) => ({
      ...store,
      async *read(series, within) {
        let position = 0;
        for await (const bar of store.read(series, within)) if (++position % 10_001 !== 0) yield bar;
      },
    }),
  },
  {
    name: "read goes by position, not by time",
    breaks: ["S28"],
    plant: (store) => ({
      ...store,
      async *read(series, within) {
        let page: readonly Bar[];
        let offset = 0;
        do {
          page = (await readAll(store, series, within)).slice(offset, offset + 100);
          offset += page.length;
          yield* page;
        } while (page.length > 0);
      },
    }),
  },
  {
    name: "bars come back in the order in which they came",
    breaks: ["S05"],
    plant(store) {
      const order = new Map<string, number>();
      const place = (series: Series, bar: Bar) => order.get(`${seriesKey(series)}@${bar.openTime}`) ?? 0;
      return {
        ...store,
        commit(entries, covered) {
          for (const { series, bars } of entries) {
            for (const bar of bars) order.set(`${seriesKey(series)}@${bar.openTime}`, order.size);
          }
          return store.commit(entries, covered);
        },
        async *read(series, within) {
          const bars = await readAll(store, series, within);
          yield* bars.sort((a, b) => place(series, a) - place(series, b));
        },
      };
    },
  },
  {
    name: "a series that was never committed cannot be read",
    breaks: ["S01"],
    plant(store) {
      const known = new Set<string>();
      return {
        ...store,
        commit(bars, covered) {
          for (const { series } of bars) known.add(seriesKey(series));
          return store.commit(bars, covered);
        },
        async *read(series, within) {
          if (!known.has(seriesKey(series))) throw new StoreError("no such series", { disposition: "halt" });
          yield* store.read(series, within);
        },
      };
    },
  },
  {
    name: "a series without bars is an error",
    breaks: ["S10", "S19"],
    plant: (store) => ({
      ...store,
      async commit(entries, covered) {
        if (entries.some(({ bars }) => bars.length === 0)) throw new StoreError("no rows", { disposition: "halt" });
        return store.commit(entries, covered);
      },
    }),
  },
  {
    name: "prices are kept in single precision",
    breaks: ["S03", "S06"],
    plant: (store) => changing(store, (bar) => ({ ...bar, open: Math.fround(bar.open), low: Math.fround(bar.low) })),
  },
  {
    name: "an absent trade count becomes 0",
    breaks: ["S03", "S06", "S08"],
    plant: (store) => changing(store, (bar) => ({ tradeCount: 0, ...bar })),
  },
  {
    name: "times are cut to the second",
    breaks: ["S04", "S30", "S24"],
    plant: (store) => changing(store, (bar) => ({ ...bar, openTime: Math.floor(bar.openTime / 1000) * 1000 })),
  },
  {
    name: "a bar that is there is never revised",
    breaks: ["S07", "S08"],
    plant: (store) => ({
      ...store,
      async commit(entries, covered) {
        let skipped = 0;
        const fresh: (typeof entries)[number][] = [];
        for (const { series, bars } of entries) {
          const there = new Set((await readAll(store, series)).map(({ openTime }) => openTime));
          fresh.push({ series, bars: bars.filter(({ openTime }) => !there.has(openTime)) });
          skipped += bars.length - (fresh.at(-1)?.bars.length ?? 0);
        }
        const counts = await store.commit(fresh, covered);
        return { ...counts, unchanged: counts.unchanged + skipped };
      },
    }),
  },
  {
    name: "a bar that is there counts as revised, changed or not",
    breaks: ["S06", "S07", "S09"],
    plant: (store) => ({
      ...store,
      async commit(bars, covered) {
        const { inserted, revised, unchanged } = await store.commit(bars, covered);
        return { inserted, revised: revised + unchanged, unchanged: 0 };
      },
    }),
  },
  {
    name: "bars that come twice are left out of the counts",
    breaks: ["S09"],
    plant: (store) => ({
      ...store,
      async commit(entries, covered) {
        const times = entries.flatMap(({ series, bars }) => bars.map((bar) => `${seriesKey(series)}@${bar.openTime}`));
        const counts = await store.commit(entries, covered);
        return { ...counts, unchanged: counts.unchanged - (times.length - new Set(times).size) };
      },
    }),
  },
  {
    name: "of a bar that comes twice the earlier is kept",
    breaks: ["S09"],
    plant: (store) => ({ ...store, commit: (bars, covered) => store.commit([...bars].reverse(), covered) }),
  },
  {
    name: "a span without bars is not covered",
    breaks: ["S12", "S14", "S15", "S16", "S17", "S18", "S19", "S22", "S24"],
    plant: (store) => ({
      ...store,
      commit: (entries, covered) =>
        store.commit(
          entries,
          covered.filter((span) =>
            entries.some(
              ({ series, bars }) =>
                seriesKey(series) === seriesKey(span.series) &&
                bars.some(({ openTime }) => contains(span.interval, openTime)),
            ),
          ),
        ),
    }),
  },
  {
    name: "bars cover their time without being asked",
    breaks: ["S20"],
    plant: (store) => ({
      ...store,
      commit: (entries, covered) => {
        const implied = entries
          .filter(({ bars }) => bars.length > 0)
          .map(({ series, bars }) => ({ series, interval: spanOf(bars) }));
        return store.commit(entries, [...covered, ...implied]);
      },
    }),
  },
  {
    name: "an empty span covers its instant",
    breaks: ["S21"],
    plant: (store) => ({
      ...store,
      commit: (bars, covered) =>
        store.commit(
          bars,
          covered.map(({ series, interval: { start, end } }) => ({
            series,
            interval: { start, end: start === end ? end + 1 : end },
          })),
        ),
    }),
  },
  {
    name: "coverage is not merged",
    breaks: ["S06", "S14", "S15", "S16", "S25", "S26"],
    plant(store) {
      const spans: CoveredSpan[] = [];
      return withOwnCoverage(store, (_, more) => {
        spans.push(...more);
        return spans;
      });
    },
  },
  {
    name: "coverage is not clipped",
    breaks: ["S18"],
    plant: (store) => ({
      ...store,
      async coverage(series, within) {
        const clipped = await store.coverage(series, within);
        return new Map([...(await store.coverage(series, EVER))].filter(([key]) => clipped.has(key)));
      },
    }),
  },
  {
    name: "coverage answers for the first hundred series",
    breaks: ["S22"],
    plant: (store) => ({ ...store, coverage: (series, within) => store.coverage(series.slice(0, 100), within) }),
  },
  {
    name: "coverage is read, merged and written back without a lock",
    breaks: ["S25", "S26"],
    plant: (store) => withOwnCoverage(store, (before, more) => mergedSpans([...before, ...more])),
  },
  {
    name: "series are locked in the order in which they are named",
    breaks: ["S27"],
    plant(store) {
      const locked = new Set<string>();
      return {
        ...store,
        async commit(bars, covered) {
          const mine: string[] = [];
          try {
            for (const key of new Set(bars.map(({ series }) => seriesKey(series)))) {
              for (let waited = 0; locked.has(key); waited++) {
                if (waited > 1000)
                  throw new StoreError("deadlock detected", { disposition: "retry", sqlState: "40P01" });
                await undefined;
              }
              locked.add(key);
              mine.push(key);
              await undefined;
            }
            return await store.commit(bars, covered);
          } finally {
            for (const key of mine) locked.delete(key);
          }
        },
      };
    },
  },
  {
    name: "the bars of a refused commit stay",
    breaks: ["S24"],
    plant: (store) => ({
      ...store,
      async commit(bars, covered) {
        try {
          return await store.commit(bars, covered);
        } catch (error) {
          for (const entry of bars) await store.commit([entry], []).catch(() => {});
          throw error;
        }
      },
    }),
  },
  {
    name: "the coverage of a refused commit stays",
    breaks: ["S24"],
    plant: (store) => ({
      ...store,
      async commit(bars, covered) {
        try {
          return await store.commit(bars, covered);
        } catch (error) {
          for (const span of covered) await store.commit([], [span]).catch(() => {});
          throw error;
        }
      },
    }),
  },
  {
    name: "a bar whose time is none is dropped without a word",
    breaks: ["S24"],
    plant: (store) => ({
      ...store,
      commit: (entries, covered) =>
        store.commit(
          entries.map(({ series, bars }) => ({ series, bars: bars.filter((bar) => !Number.isNaN(bar.openTime)) })),
          covered,
        ),
    }),
  },
];
