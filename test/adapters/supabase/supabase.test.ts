import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  loadJobs,
  saveJobs,
  setEnabled,
  supabaseQuarantine,
  supabaseQueue,
  supabaseStore,
} from "../../../src/adapters/supabase/index.ts";
import type { Series } from "../../../src/model/series.ts";
import { defineJobs } from "../../../src/planning/jobs.ts";
import { EVER, makeBars, makeSeries, minutes, readAll } from "../../../src/testing/conformance/store/fixtures.ts";
import { startSupabase, supabaseBackends, type TestSupabase } from "../../support/supabase.ts";
import { CLAIM, RESULT, sliceAt, slices } from "../postgres/queue-fixtures.ts";
import { SEED_SYMBOLS } from "../postgres/seed-system.ts";
import { applyMigrations, empty, rowsOf } from "./fixtures.ts";

/** What would mean something to SQL, to PostgREST, to LIKE, to JSON or to a URL. */
const TEXTS = [
  "'; drop table bars;--",
  '"); select 1;--',
  "$1",
  "$$",
  "%",
  "_",
  "*",
  "a,b",
  "{a,b}",
  "(a)",
  "in.(a,b)",
  "eq.A",
  "not.is.null",
  "or=(id.gt.0)",
  "null",
  "NULL",
  "\\",
  "\\u0041",
  "&a=b#c?d",
  "Ünï 🚀",
  "",
];

describe.each(supabaseBackends)("through supabase-js, on Supabase Lite on %s", (backend) => {
  let supabase: TestSupabase;
  const client = (fetch?: typeof globalThis.fetch) => supabase.client(supabase.keys.secret, fetch);
  beforeAll(async () => {
    supabase = await startSupabase(backend, ["public", "market"]);
    await applyMigrations(supabase);
  });
  beforeEach(() => empty(supabase));
  afterAll(() => supabase.close());

  test("failure 4, only the first symbol: nothing is cut where PostgREST cuts sets, at 1,000 rows", async () => {
    const store = supabaseStore({ client: client() });
    const series = SEED_SYMBOLS.slice(0, 50).map((symbol) => makeSeries({ symbol }));
    const bars = series.map((one) => ({ series: one, bars: makeBars(0, 50) }));
    const covered = series.map((one) => ({ series: one, interval: minutes(0, 50) }));
    expect(await store.commit(bars, covered)).toEqual({ inserted: 2500, revised: 0, unchanged: 0 });
    for (const one of [series[0], series[49]] as Series[]) expect(await readAll(store, one)).toEqual(makeBars(0, 50));
    const many = Array.from({ length: 1200 }, (_, i) => makeSeries({ symbol: `S${i}` }));
    await store.commit(
      [],
      many.map((one) => ({ series: one, interval: minutes(0, 1) })),
    );
    expect((await store.coverage([...many, ...series], EVER)).size).toBe(1250);
    await store.commit([{ series: makeSeries(), bars: makeBars(0, 2300) }], []);
    expect(await readAll(store, makeSeries())).toHaveLength(2300);

    const queue = supabaseQueue({ client: client() });
    const all = slices(2100);
    expect(await queue.enqueue(all)).toBe(2100);
    expect(await queue.open({})).toEqual(all);
    const leases = await queue.lease({ ...CLAIM, token: "a", limit: 1500 });
    expect(leases.map(({ slice }) => slice)).toEqual(all.slice(0, 1500));
    await Promise.all(leases.map((lease) => queue.renew(lease, { percent: 1, bars: 1, requests: 1 }, 60_000)));
    await Promise.all(leases.map((lease) => queue.complete(lease, RESULT)));
    expect(await queue.counts()).toEqual([
      { state: "queued", runs: 600, bars: 0 },
      { state: "success", runs: 1500, bars: 15_000 },
    ]);
    const rows = await queue.runsBySliceId(all.map(({ id }) => id));
    expect(rows).toHaveLength(2100);
    expect(await queue.runsByRowId(rows.map(({ rowId }) => rowId))).toEqual(rows);
    expect(await queue.prune({ olderThanMs: 0 })).toBe(1500);
  });

  test("failure 5, a claim that returned nothing: every function of the schema is called by the client of production", async () => {
    const called = new Set<string>();
    const listening = client((input, init) => {
      called.add(new URL(String(input)).pathname.split("/").at(-1) ?? "");
      return fetch(input, init);
    });
    const store = supabaseStore({ client: listening });
    await store.commit(
      [{ series: makeSeries(), bars: makeBars(0, 1) }],
      [{ series: makeSeries(), interval: minutes(0, 1) }],
    );
    expect((await store.coverage([makeSeries()], EVER)).size).toBe(1);
    expect(await readAll(supabaseStore({ client: listening }), makeSeries())).toEqual(makeBars(0, 1));

    const queue = supabaseQueue({ client: listening });
    await queue.enqueue(slices(4));
    const [first, second, third] = await queue.lease({ ...CLAIM, token: "a", limit: 3 });
    if (first === undefined || second === undefined || third === undefined) throw new Error("three runs are due");
    expect((await queue.running({})).map(({ slice }) => slice)).toEqual([first.slice, second.slice, third.slice]);
    expect((await queue.renew(first, { percent: 1, bars: 1, requests: 1 }, 60_000)).expiresAt).toBeGreaterThan(0);
    expect(await queue.running({})).toHaveLength(3);
    await queue.complete(first, RESULT);
    await queue.fail(second, { code: "X", message: "half a pair: \ud83d, and \0" });
    await queue.retry(third, { notBefore: 0, attemptSpent: true });
    expect(await queue.open({})).toHaveLength(2);
    expect(await queue.requeue({})).toBe(1);
    expect(await queue.cancel({ states: ["queued"] })).toBe(3);
    expect(await queue.runsBySliceId([first.slice.id])).toMatchObject([{ slice: first.slice, state: "success" }]);
    expect((await queue.counts()).map(({ state }) => state)).toEqual(["success", "cancelled"]);
    await queue.prune({ olderThanMs: 0 });

    const jobs = defineJobs({ label: "US_BATCH", symbols: SEED_SYMBOLS, windowDays: { m15: 90, d1: 730 } });
    await saveJobs(listening, jobs);
    expect(await loadJobs(listening)).toEqual(jobs);
    expect(await setEnabled(listening, { label: "US_BATCH_1" }, false)).toBe(2);
    const quarantine = supabaseQuarantine({ client: listening });
    const entry = { provider: "alpaca", symbol: "VIX", reason: "no such stock", since: 1_704_205_800_123 };
    await quarantine.add(entry);
    await quarantine.add({ ...entry, reason: "again", since: 1 });
    expect(await quarantine.list("alpaca")).toEqual([entry]);
    expect(await quarantine.lift("alpaca", ["VIX", "SPY"])).toBe(1);

    const all = await rowsOf<{ name: string }>(
      supabase,
      "select proname as name from pg_proc where pronamespace = 'public'::regnamespace order by 1",
    );
    // Those that only other functions call: the sets beneath the values, and parts of others.
    const within = [
      "progress_of",
      "announce_runs",
      "find_runs",
      "job_type_of",
      "merge_bars",
      "need_read_committed",
      "run_matches",
      "settle_coverage",
      "taken_slices",
    ];
    // What outlives a call needs a session of one's own.
    within.push("listen_runs", "unlisten_runs");
    // The owner's.
    within.push("set_access");
    const isCalled = ({ name }: { name: string }) =>
      called.has(name) || called.has(`${name}_json`) || within.includes(name);
    expect(all.filter((one) => !isCalled(one))).toEqual([]);
  });

  test("failure 5: a claim whose answer was lost is had again with the same token", async () => {
    await supabaseQueue({ client: client() }).enqueue(slices(5));
    let answers = 0;
    const queue = supabaseQueue({
      client: client(async (input, init) => {
        const response = await fetch(input, init);
        if (answers++ === 0) throw new TypeError("fetch failed");
        return response;
      }),
    });
    const claim = { ...CLAIM, token: "a", limit: 3 };
    await expect(queue.lease(claim)).rejects.toMatchObject({ code: "STORE_FAILED", disposition: "retry" });
    expect((await queue.lease(claim)).map(({ slice }) => slice)).toEqual(slices(3));
    expect(await queue.counts()).toMatchObject([{ runs: 2 }, { state: "running", runs: 3 }]);
  });

  test("symbols, labels, names, tokens and words are data", async () => {
    const [store, queue, quarantine] = [
      supabaseStore({ client: client() }),
      supabaseQueue({ client: client() }),
      supabaseQuarantine({ client: client() }),
    ];
    const series = TEXTS.map((symbol) => makeSeries({ symbol, provider: symbol }));
    await store.commit(
      series.map((one, i) => ({ series: one, bars: makeBars(0, i + 1) })),
      series.map((one, i) => ({ series: one, interval: minutes(0, i + 1) })),
    );
    const coverage = [...(await store.coverage(series, EVER)).values()];
    expect(coverage).toEqual(TEXTS.map((_, i) => [minutes(0, i + 1)]));
    for (const [i, one] of series.entries()) expect(await readAll(store, one)).toHaveLength(i + 1);

    for (const [i, text] of TEXTS.entries()) {
      const slice = sliceAt(i, { symbols: [text, "SPY"], label: text, provider: text });
      expect(await queue.enqueue([slice])).toBe(1);
      expect(await queue.open({ label: text })).toEqual([slice]);
      const [lease, ...more] = await queue.lease({ ...CLAIM, workerId: text, token: text, provider: text, limit: 9 });
      expect([lease?.slice, lease?.workerId, more]).toEqual([slice, text, []]);
      if (lease !== undefined) await queue.fail(lease, { code: text, message: text });
      expect(await queue.cancel({ ids: [text] })).toBe(0);
      expect(await queue.runsBySliceId([text])).toEqual([]);
      expect(await queue.counts({ label: text })).toEqual([{ label: text, state: "failed", runs: 1, bars: 0 }]);
      await quarantine.add({ provider: text, symbol: text, reason: text, since: i });
      expect(await quarantine.list(text)).toEqual([{ provider: text, symbol: text, reason: text, since: i }]);
      const job = {
        label: text,
        symbols: [text],
        timeframe: "1Day",
        windowDays: 1,
        priority: 0,
        enabled: true,
      } as const;
      await saveJobs(client(), [job]);
      expect(await loadJobs(client())).toEqual([job]);
      expect(await setEnabled(client(), { label: text }, false)).toBe(1);
    }
    for (const text of TEXTS) expect(await quarantine.lift(text, TEXTS)).toBe(1);
    const kept = await rowsOf(supabase, "select error_message, error_code from job_runs order by slice_from");
    expect(kept).toEqual(TEXTS.map((text) => ({ error_message: text, error_code: text })));
  });

  test("another schema holds its own, once it is exposed; one that is not is named as such", async () => {
    await applyMigrations(supabase, "market");
    const options = { schema: "market" };
    const store = supabaseStore({ client: client(), ...options });
    await store.commit([{ series: makeSeries(), bars: makeBars(0, 3) }], []);
    expect(await readAll(store, makeSeries())).toHaveLength(3);
    expect(await readAll(supabaseStore({ client: client() }), makeSeries())).toEqual([]);
    expect(await supabaseQueue({ client: client(), ...options }).enqueue(slices(2))).toBe(2);
    await expect(supabaseQueue({ client: client(), schema: "hidden" }).counts()).rejects.toMatchObject({
      disposition: "halt",
      hint: expect.stringContaining("exposed schemas"),
    });
  });
});
