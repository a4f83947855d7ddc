import type { BarPage, BarSource, PageRequest } from "../../src/contracts/bar-source.ts";
import type { Lease, SliceQueue } from "../../src/contracts/slice-queue.ts";
import { isBarfillError, SourceUnavailableError } from "../../src/errors.ts";
import type { Backfill, Report } from "../../src/index.ts";
import type { BadBar } from "../../src/model/bar.ts";
import type { CoveredSpan } from "../../src/model/coverage.ts";
import type { BackfillRequest } from "../../src/options/request.ts";
import type { Planted } from "./world.ts";

type FetchPage = BarSource["fetchPage"];

/** `source` with another way to fetch a page. */
function fetching(change: (fetchPage: FetchPage, source: BarSource) => FetchPage) {
  return (source: BarSource): BarSource => ({ ...source, fetchPage: change(source.fetchPage.bind(source), source) });
}

/** A backfill whose `run` reports otherwise. */
function reporting(change: (report: Report) => Report) {
  return (backfill: Backfill): Backfill => ({
    ...backfill,
    run: async (requests, options) => change(await backfill.run(requests, options)),
  });
}

/** All of `request`, as if it had been answered. */
function wholeOf({ provider }: BarSource, request: PageRequest): CoveredSpan[] {
  const { symbols, timeframe, feed, adjustment, interval } = request;
  return symbols.map((symbol) => ({ series: { provider, symbol, timeframe, feed, adjustment }, interval }));
}

/** The leases that hold now, whatever token asks. */
function withoutFencing(queue: SliceQueue): SliceQueue {
  const latest = new Map<string, Parameters<SliceQueue["complete"]>[0]>();
  const current = (lease: Parameters<SliceQueue["complete"]>[0]) => latest.get(lease.slice.id) ?? lease;
  return {
    ...queue,
    async lease(options) {
      const leases = await queue.lease(options);
      for (const lease of leases) latest.set(lease.slice.id, lease);
      return leases;
    },
    renew: (lease, progress, ttlMs) => queue.renew(current(lease), progress, ttlMs),
    complete: (lease, result) => queue.complete(current(lease), result),
    retry: (lease, options) => queue.retry(current(lease), options),
    fail: (lease, ...rest) => queue.fail(current(lease), ...rest),
  };
}

/** Bugs that others have had, each in one place; the simulation has to find every one. */
export const PLANTED: readonly (Planted & { readonly breaks: RegExp })[] = [
  {
    name: "page one is taken for the whole answer",
    breaks: /covered|lost/,
    source: fetching((fetchPage, source) => async (request, options) => {
      const { next: _, ...page } = await fetchPage(request, options);
      return { ...page, covered: wholeOf(source, request) };
    }),
  },
  {
    name: "coverage is committed before the bars",
    breaks: /lost/,
    store: (store) => ({
      ...store,
      async commit(bars, covered) {
        await store.commit([], covered);
        return store.commit(bars, []);
      },
    }),
  },
  { name: "no fencing", breaks: /fencing/, queue: withoutFencing },
  {
    name: "a 5xx is swallowed and looks like no bars",
    breaks: /covered|lost/,
    source: fetching((fetchPage, source) => async (request, options) => {
      try {
        return await fetchPage(request, options);
      } catch (error) {
        if (!isBarfillError(error, "SOURCE_UNAVAILABLE")) throw error;
        return { bars: [], covered: wholeOf(source, request) };
      }
    }),
  },
  {
    name: "the end is sent as it is, and the service takes it as inclusive",
    breaks: /stuck/,
    source: fetching((fetchPage) => (request, options) => {
      const { start, end } = request.interval;
      return fetchPage({ ...request, interval: { start, end: end + 1 } }, options);
    }),
  },
  {
    name: "a page token is kept across a changed request",
    breaks: /stuck|lost|covered|failed/,
    source: fetching((fetchPage) => {
      let kept: string | undefined;
      return async (request, options) => {
        const cursor = options?.cursor ?? kept;
        const page = await fetchPage(request, { ...options, ...(cursor === undefined ? {} : { cursor }) });
        kept = page.next ?? cursor;
        return page;
      };
    }),
  },
  {
    name: "a 429 is tried again without a hold",
    breaks: /hold/,
    limiter: (limiter) => ({
      schedule: limiter.schedule.bind(limiter),
      observe: () => {},
      holdUntil: () => {},
    }),
  },
  {
    name: "one bad symbol sends the whole batch into quarantine",
    breaks: /quarantine/,
    ...batchQuarantine(),
  },
  {
    name: "a forming bar is covered",
    breaks: /withheld|covered|changed/,
    source: (source) => ({
      ...source,
      limits: { ...source.limits, withheldTailMs: -source.limits.withheldTailMs },
      async fetchPage(request, options) {
        const page = await source.fetchPage(request, options);
        return page.next === undefined ? { ...page, covered: wholeOf(source, request) } : page;
      },
    }),
  },
  {
    name: "a 429 costs an attempt",
    breaks: /attempts|failed/,
    ...spentRefusals(),
    pageAttempts: 1,
  },
  { name: "in an outage each slice uses up its tries", breaks: /outage/, ...unheldOutages() },
  {
    name: "a lease is not renewed",
    breaks: /leases/,
    queue: (queue) => ({ ...queue, renew: async (lease) => lease }),
  },
  { name: "bad bars are kept without bound", breaks: /memory/, ...keptBadBars() },
  {
    name: "a bar that was kept out is not reported",
    breaks: /bad bars/,
    backfill: reporting((report) => ({ ...report, badBars: [], badBarCount: 0 })),
  },
  {
    name: "a run that failed is not reported",
    breaks: /failed/,
    backfill: reporting((report) => ({ ...report, failed: [] })),
  },
  {
    name: "a series of which some is held is called missing",
    breaks: /state/,
    backfill: reporting((report) => ({
      ...report,
      series: report.series.map((one) => (one.state === "partly" ? { ...one, state: "missing" } : one)),
    })),
  },
  { name: "a slice is lost when others are cut anew", breaks: /resliced/, queue: lossyReslices },
  {
    name: "a slice that asks again goes by what is covered",
    breaks: /asked again/,
    queue: (queue) => ({
      ...queue,
      lease: async (options) => (await queue.lease(options)).map(withoutAgain),
    }),
  },
  {
    name: "work with a share of the rate takes all of it",
    breaks: /share/,
    backfill: (backfill) => ({
      ...backfill,
      work: ({ requestsPerMinute: _, ...options } = {}) => backfill.work(options),
    }),
  },
  {
    name: "a gap is forgotten in the report",
    breaks: /report/,
    backfill: reporting((report) => {
      const gaps = report.gaps.slice(1);
      return { ...report, gaps, complete: gaps.length === 0 && report.withheld.length === 0 };
    }),
  },
  {
    name: "a symbol is forgotten by the work and by its report",
    breaks: /says nothing/,
    backfill: (backfill) => ({
      ...backfill,
      run: (requests, options) => backfill.run([requests].flat().map(withoutLastSymbol), options),
    }),
  },
  {
    name: "symbols that sort before the last one of a page count as whole",
    breaks: /covered|lost/,
    source: fetching((fetchPage, source) => {
      return async (request, options) => {
        const page = await fetchPage(request, options);
        return page.next === undefined ? page : { ...page, covered: upToLast(page, source, request) };
      };
    }),
  },
  {
    name: "the limiter's timer is not cleared",
    breaks: /timers/,
    limiter: (limiter) => ({
      ...limiter,
      schedule(request, options) {
        setTimeout(() => {}, 5000);
        return limiter.schedule(request, options);
      },
    }),
  },
  {
    name: "every page is asked for twice",
    breaks: /repeated/,
    source: fetching((fetchPage) => async (request, options) => {
      await fetchPage(request, options);
      return fetchPage(request, options);
    }),
  },
  {
    name: "the last bar of every page is dropped",
    breaks: /lost/,
    source: fetching((fetchPage) => async (request, options) => withoutLastBar(await fetchPage(request, options))),
  },
];

/** Symbols up to the last one of a page count as whole: right under one collation only. */
function upToLast(page: BarPage, source: BarSource, request: PageRequest): readonly CoveredSpan[] {
  const last = page.bars.filter(({ bars }) => bars.length > 0).at(-1)?.series.symbol;
  if (last === undefined) return page.covered;
  return [...page.covered, ...wholeOf(source, request).filter(({ series }) => series.symbol < last)];
}

function withoutLastSymbol(request: BackfillRequest): BackfillRequest {
  return request.symbols.length < 2 ? request : { ...request, symbols: request.symbols.slice(0, -1) };
}

function withoutLastBar(page: BarPage): BarPage {
  const last = page.bars.findLast(({ bars }) => bars.length > 0);
  return { ...page, bars: page.bars.map((part) => (part === last ? { ...part, bars: part.bars.slice(0, -1) } : part)) };
}

/** Held as long as it should be, but counted as a failure of the run. */
function spentRefusals(): Pick<Planted, "source" | "limiter"> {
  // Of one backfill the source is made first, and then its limiter.
  let latest = { hold: (_ms: number) => {} };
  return {
    source: fetching((fetchPage) => {
      const mine = { hold: (_ms: number) => {} };
      latest = mine;
      return async (request, options) => {
        try {
          return await fetchPage(request, options);
        } catch (error) {
          if (!isBarfillError(error, "SOURCE_RATE_LIMITED")) throw error;
          mine.hold(error.retryAfterMs ?? 500);
          throw new SourceUnavailableError(error.message);
        }
      };
    }),
    limiter: (limiter) => {
      latest.hold = (ms) => limiter.holdUntil(Date.now() + Math.max(ms, 250));
      return limiter;
    },
  };
}

/** Everybody is held by refusals alone. */
function unheldOutages(): Pick<Planted, "source" | "limiter"> {
  let isRefused = false;
  return {
    source: fetching((fetchPage) => async (request, options) => {
      try {
        return await fetchPage(request, options);
      } catch (error) {
        isRefused = isBarfillError(error, "SOURCE_RATE_LIMITED");
        throw error;
      }
    }),
    limiter: (limiter) => ({
      ...limiter,
      holdUntil: (time) => void (isRefused && limiter.holdUntil(time)),
    }),
  };
}

/** Of what is cut anew, the last slice is not queued. */
function lossyReslices(queue: SliceQueue): SliceQueue {
  let isCutting = false;
  return {
    ...queue,
    lease(options) {
      isCutting = options.token.includes("/reslice ");
      return queue.lease(options);
    },
    enqueue(slices, options) {
      const kept = isCutting ? slices.slice(0, -1) : slices;
      isCutting = false;
      return queue.enqueue(kept, options);
    },
  };
}

function withoutAgain({ slice: { again: _, ...slice }, ...lease }: Lease): Lease {
  return { ...lease, slice };
}

function keptBadBars(): Pick<Planted, "source" | "backfill"> {
  // Of one backfill the source is made first.
  let latest: BadBar[] = [];
  return {
    source: fetching((fetchPage) => {
      const kept: BadBar[] = [];
      latest = kept;
      return async (request, options) => {
        const page = await fetchPage(request, options);
        for (const { series, bars } of page.bars) {
          for (const { openTime, high, low } of bars) if (high < low) kept.push({ series, openTime, issues: [] });
        }
        return page;
      };
    }),
    backfill: (backfill) => {
      const kept = latest;
      return reporting((report) => ({ ...report, badBars: kept, badBarCount: kept.length }))(backfill);
    },
  };
}

function batchQuarantine(): Pick<Planted, "source" | "quarantine"> {
  let batch: readonly string[] = [];
  return {
    source: fetching((fetchPage) => (request, options) => {
      batch = request.symbols;
      return fetchPage(request, options);
    }),
    quarantine: (quarantine) => ({
      ...quarantine,
      async add(entry) {
        for (const symbol of batch) await quarantine.add({ ...entry, symbol });
      },
    }),
  };
}
