import type { BarPage, PageRequest } from "../contracts/bar-source.ts";
import type { CommitCounts } from "../contracts/bar-store.ts";
import { isBarfillError, SourceDataError, SourceUnavailableError, type SymbolRejectedError } from "../errors.ts";
import { formatInterval, merge } from "../model/interval.ts";
import { seriesKey } from "../model/series.ts";
import { type Slice, seriesOf } from "../model/slice.ts";
import { seriesTimeIn } from "../model/time-in.ts";
import type { ExecutorContext } from "./context.ts";
import { fetchPage } from "./fetch-page.ts";
import { openRequests } from "./open-requests.ts";
import { createSifter, type SiftedPage, type Sifter } from "./sift.ts";
import type { StoreQuestion } from "./store-patience.ts";
import { barsOf, noteBad, type Tally } from "./tally.ts";
import { type SourceClock, sourceClock, tooRecent } from "./too-recent.ts";
import { type HealOptions, untilHealed } from "./until-healed.ts";

/** So many answers in a row may settle nothing before the source counts as stuck. */
const IDLE_PAGES = 50;

/**
 * Works one slice: asks for what the store lacks of it, page by page, with a commit a page. Returns when all of it is
 * covered, but for symbols in quarantine; rejects with what kept it from that. What was committed before stays.
 * `tally` counts along, so that it is right for every ending.
 */
export async function runSlice(
  context: ExecutorContext,
  slice: Slice,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const { source, store, patience, clock, retry, quarantine, refusedMeanwhile, emit } = context;
  const refused = new Set<string>();
  let theirs: SourceClock | undefined;
  refusedMeanwhile.add(refused);
  try {
    await askAll();
  } finally {
    refusedMeanwhile.delete(refused);
  }

  async function askAll(): Promise<void> {
    const pending = await open(slice, context.widen);
    tally.asked.push(...pending);
    tally.openMs = seriesTimeIn(pending);
    await walkAll(pending);
    let rest = await open(slice);
    const early = tooRecent(rest, theirs, source.limits, clock.now());
    if (early !== undefined) {
      // A clock that is a little ahead costs a wait and one question more; one that is far ahead must be set.
      if (early.waitMs > retry.maxDelayMs) throw early.error;
      await clock.sleep(early.waitMs, signal);
      await walkAll(rest);
      rest = await open(slice);
    }
    if (rest.length > 0) throw unsettled(rest);
  }

  /** Asks all of `pending`, which it empties, to the last pages. */
  async function walkAll(pending: PageRequest[]): Promise<void> {
    for (let request = pending.shift(); request !== undefined; request = pending.shift()) {
      const question = { request };
      const settledBefore = tally.settledMs;
      try {
        await walk(question);
      } catch (error) {
        signal.throwIfAborted();
        if (isBarfillError(error, "SYMBOL_REJECTED")) {
          pending.unshift(...(await withoutRefused(question.request, error)));
        } else if (isBarfillError(error, "SOURCE_REJECTED") && tally.settledMs > settledBefore) {
          // The question itself was good: pages were answered. So it is the cursor that is refused; start from
          // coverage.
          pending.unshift(...(await open(request)));
        } else {
          throw error;
        }
      }
    }

    if (tally.badBars > 0) throw badBars(tally);
  }

  /** What is not covered of `asked`, or not asked again by now, less the symbols in quarantine. */
  async function open(asked: PageRequest, widen?: ExecutorContext["widen"]): Promise<PageRequest[]> {
    refused.clear();
    const entries = await ask("quarantine", () => quarantine.list(source.provider));
    const listed = new Set(entries.map((entry) => entry.symbol));
    const symbols = asked.symbols.filter((symbol) => !listed.has(symbol));
    const { timeframe, feed, adjustment, interval } = asked;
    const series = seriesOf({ ...slice, symbols });
    const coverage =
      slice.again === undefined ? await ask("coverage", () => store.coverage(series, interval)) : tally.settled;
    const question = { symbols, timeframe, feed, adjustment, interval };
    return openRequests(source.provider, question, coverage, source.limits, widen);
  }

  /** Follows one question to its last page. What others were refused before it was first asked is taken out of it. */
  async function walk(question: { request: PageRequest }): Promise<void> {
    let sift: Sifter | undefined;
    let cursor: string | undefined;
    let idle = 0;
    const now = () => {
      // A cursor is of the question that it came from.
      if (cursor === undefined) question.request = less(question.request, refused);
      return question.request;
    };
    do {
      signal.throwIfAborted();
      const page = await fetchPage(context, slice, { now, cursor }, tally, signal);
      if (page === undefined) return;
      theirs ??= sourceClock(page, clock.now());
      const { request } = question;
      sift ??= createSifter(source.provider, request);
      const sifted = sift(page);
      const counts = await commit(sifted);
      note(request, page, sifted, counts);
      idle = sifted.bars.length + sifted.covered.length === 0 ? idle + 1 : 0;
      if (page.next !== undefined && (page.next === cursor || idle >= IDLE_PAGES)) {
        throw new SourceUnavailableError("the source goes round in circles: its pages lead nowhere");
      }
      cursor = page.next;
    } while (cursor !== undefined);
  }

  /** The page is in hand, and would cost a request if it were lost. */
  function commit({ bars, covered }: SiftedPage): Promise<CommitCounts> {
    return ask("commit", () => store.commit(bars, covered));
  }

  async function ask<T>(what: StoreQuestion, call: () => Promise<T>): Promise<T> {
    const attempts = retry.pageAttempts;
    const { goesOn, answered } = patience.asks(what, slice.id, attempts);
    const options: HealOptions = {
      goesOn,
      signal,
      onRetry: (error, delayMs, attempt) => emit({ type: "retrying", slice, what, attempt, attempts, delayMs, error }),
    };
    const answer = await untilHealed(context, options, call);
    answered();
    return answer;
  }

  function note(request: PageRequest, page: BarPage, { bars, covered, bad }: SiftedPage, counts: CommitCounts): void {
    tally.inserted += counts.inserted;
    tally.revised += counts.revised;
    tally.unchanged += counts.unchanged;
    noteBad(tally, bad);
    for (const { series, interval } of covered) {
      tally.settledMs += interval.end - interval.start;
      if (slice.again === undefined) continue;
      const key = seriesKey(series);
      tally.settled.set(key, merge([...(tally.settled.get(key) ?? []), interval]));
    }
    for (const part of bars) if (part.bars.length > 0) tally.symbolsWithBars.add(part.series.symbol);
    const { symbols, interval } = request;
    const last = page.next === undefined;
    if (last) tally.lastPages++;
    const settled = Math.min(1, tally.settledMs / (tally.openMs ?? Number.POSITIVE_INFINITY));
    emit({ type: "page", slice, symbols: symbols.length, interval, bars: barsOf(counts), last, settled });
    emit({ type: "committed", slice, counts });
  }

  /** One bad symbol costs one symbol: it is left out by name, or found by halving. */
  async function withoutRefused(request: PageRequest, error: SymbolRejectedError): Promise<PageRequest[]> {
    const { symbols } = request;
    const symbol = symbols.length === 1 ? symbols[0] : symbols.find((one) => one === error.symbol);
    if (symbol === undefined) {
      const middle = Math.ceil(symbols.length / 2);
      return [symbols.slice(0, middle), symbols.slice(middle)].map((half) => ({ ...request, symbols: half }));
    }
    const since = clock.now();
    const until = since + context.quarantineMs;
    const entry = { provider: source.provider, symbol, reason: error.message, since, until };
    await ask("quarantine", () => quarantine.add(entry));
    // Not before it is in quarantine: what is left out and not there would be missing without a reason.
    for (const others of refusedMeanwhile) others.add(symbol);
    emit({ type: "quarantined", entry });
    const rest = less(request, new Set([symbol]));
    return rest.symbols.length === 0 ? [] : [rest];
  }
}

function less(request: PageRequest, refused: ReadonlySet<string>): PageRequest {
  if (!request.symbols.some((symbol) => refused.has(symbol))) return request;
  return { ...request, symbols: request.symbols.filter((symbol) => !refused.has(symbol)) };
}

function badBars({ bad, badBars }: Tally): SourceDataError {
  const [first] = bad;
  const example = first === undefined ? "" : `, the first one of ${first.series.symbol}: ${first.issues.join(", ")}`;
  return new SourceDataError(`${badBars} bad bars were kept out${example}`, { bars: bad });
}

function unsettled(rest: readonly PageRequest[]): SourceUnavailableError {
  const places = rest
    .slice(0, 3)
    .map(({ symbols, interval }) => `${symbols.slice(0, 3).join()} ${formatInterval(interval)}`);
  return new SourceUnavailableError(`the source ended its pages without settling ${places.join("; ")}`);
}
