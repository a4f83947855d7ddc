import { describe, expect, test } from "vitest";
import { SourceAccessError, SourceUnavailableError } from "../../src/errors.ts";
import { emptyTally, type Tally } from "../../src/executor/tally.ts";
import type { WorkedRun } from "../../src/executor/worker.ts";
import type { CoveredSpan, Gap } from "../../src/model/coverage.ts";
import type { Interval } from "../../src/model/interval.ts";
import type { Series } from "../../src/model/series.ts";
import { makeSlice, type Slice } from "../../src/model/slice.ts";
import type { Timeframe } from "../../src/model/timeframe.ts";
import { buildReport, type ReportInput, silentSeries } from "../../src/reporting/report.ts";

const WHOLE: Interval = { start: 0, end: 100 };
const seriesOf = (symbol: string, timeframe: Timeframe = "1Day"): Series => ({
  provider: "test",
  symbol,
  timeframe,
  feed: "sip",
  adjustment: "raw",
});
const spanOf = (symbol: string, interval = WHOLE): CoveredSpan => ({ series: seriesOf(symbol), interval });
const gapOf = (symbol: string, ...intervals: Interval[]): Gap => ({ series: seriesOf(symbol), intervals });

/** All of `symbols` wanted, askable and covered, but for `changes`. */
const inputOf = (symbols: readonly string[], changes: Partial<ReportInput> = {}): ReportInput => ({
  series: symbols.map((symbol) => seriesOf(symbol)),
  askable: symbols.map((symbol) => spanOf(symbol)),
  withheld: [],
  gaps: [],
  quarantined: [],
  empty: [],
  elapsedMs: 5,
  ...changes,
});

interface RunShape extends Partial<Pick<Slice, "label" | "timeframe" | "interval">> {
  readonly symbols?: readonly string[];
  readonly tally?: Partial<Tally>;
  readonly error?: unknown;
}
function run(ending: WorkedRun["ending"], { tally, error, ...slice }: RunShape = {}): WorkedRun {
  const parts = { symbols: ["A"], timeframe: "1Day" as const, interval: WHOLE, ...slice };
  const fixed = {
    provider: "test",
    feed: "sip",
    adjustment: "raw",
    priority: 0,
    estimate: { bars: 1, pages: 1 },
  } as const;
  return {
    slice: makeSlice({ ...fixed, ...parts }),
    ending,
    tally: { ...emptyTally(), ...tally },
    ...(error === undefined ? {} : { error }),
  };
}
const worked = (...runs: WorkedRun[]): Pick<ReportInput, "work"> => ({ work: { runs, ended: "drained" } });
const statesOf = (input: ReportInput) =>
  Object.fromEntries(buildReport(input).series.map(({ series, state }) => [series.symbol, state]));

describe("complete", () => {
  test("when all is covered, with no work done at all", () => {
    expect(buildReport(inputOf(["A", "B"]))).toEqual({
      complete: true,
      requests: 0,
      bars: 0,
      inserted: 0,
      revised: 0,
      unchanged: 0,
      elapsedMs: 5,
      wanted: [spanOf("A"), spanOf("B")],
      series: [
        { series: seriesOf("A"), state: "covered" },
        { series: seriesOf("B"), state: "covered" },
      ],
      gaps: [],
      withheld: [],
      quarantined: [],
      failed: [],
      badBars: [],
      badBarCount: 0,
      empty: [],
      runs: { success: 0, failed: 0, returned: 0, lost: 0 },
      batches: [],
    });
  });

  test.each([
    ["a gap", { gaps: [gapOf("A", { start: 99, end: 100 })] }],
    ["something withheld", { withheld: [spanOf("A", { start: 100, end: 101 })] }],
    ["a gap of a refused symbol", { gaps: [gapOf("A", WHOLE)], quarantined: [refused("A")] }],
  ])("not with %s", (_, changes) => {
    expect(buildReport(inputOf(["A"], changes)).complete).toBe(false);
  });

  test("even after runs failed, when their gaps were closed otherwise", () => {
    const report = buildReport(inputOf(["A"], worked(run("failed", { error: new Error("boom") }))));
    expect(report).toMatchObject({ complete: true, runs: { failed: 1 }, series: [{ state: "covered" }] });
  });
});

function refused(symbol: string) {
  return { provider: "test", symbol, reason: `invalid symbol: ${symbol}`, since: 7 };
}

describe("where a series stands", () => {
  test("covered, partly, missing, side by side and in the order of the request", () => {
    const gaps = [gapOf("P", { start: 10, end: 20 }), gapOf("M", WHOLE)];
    const report = buildReport(inputOf(["P", "C", "M"], { gaps }));
    expect(report.series.map(({ series, state }) => [series.symbol, state])).toEqual([
      ["P", "partly"],
      ["C", "covered"],
      ["M", "missing"],
    ]);
    expect(report.gaps).toEqual(gaps);
  });

  test.each([
    ["its start", [{ start: 0, end: 99 }]],
    ["its end", [{ start: 1, end: 100 }]],
    [
      "the middle",
      [
        { start: 0, end: 50 },
        { start: 51, end: 100 },
      ],
    ],
  ])("all but %s held is partly", (_, intervals) => {
    expect(statesOf(inputOf(["A"], { gaps: [gapOf("A", ...intervals)] }))).toEqual({ A: "partly" });
  });

  test("withheld, when nothing else is missing", () => {
    const withheld = [spanOf("A", { start: 100, end: 110 }), spanOf("B", { start: 100, end: 110 })];
    const gaps = [gapOf("B", { start: 90, end: 100 })];
    expect(statesOf(inputOf(["A", "B"], { withheld, gaps }))).toEqual({ A: "withheld", B: "partly" });
  });

  test("withheld as a whole", () => {
    const input = inputOf(["A"], { askable: [], withheld: [spanOf("A")] });
    expect(statesOf(input)).toEqual({ A: "withheld" });
    expect(buildReport(input)).toMatchObject({ wanted: [], withheld: [spanOf("A")], complete: false });
  });

  test("quarantined, only while something of it is missing", () => {
    const input = inputOf(["A", "B"], { gaps: [gapOf("A", WHOLE)], quarantined: [refused("A"), refused("B")] });
    expect(statesOf(input)).toEqual({ A: "quarantined", B: "covered" });
  });

  test("failed, when a run of it ended so and left a gap", () => {
    const work = worked(run("failed", { symbols: ["A", "B"], error: new SourceUnavailableError("gone") }));
    const gaps = [gapOf("A", { start: 0, end: 10 }), gapOf("C", { start: 0, end: 10 })];
    expect(statesOf(inputOf(["A", "B", "C"], { gaps, ...work }))).toEqual({ A: "failed", B: "covered", C: "partly" });
  });

  test("failed in one timeframe says nothing of another", () => {
    const day = seriesOf("A");
    const hour = seriesOf("A", "1Hour");
    const report = buildReport({
      ...inputOf([]),
      series: [day, hour],
      askable: [day, hour].map((series) => ({ series, interval: WHOLE })),
      gaps: [day, hour].map((series) => ({ series, intervals: [WHOLE] })),
      ...worked(run("failed", { timeframe: "1Hour", error: new Error("boom") })),
    });
    expect(report.series.map(({ state }) => state)).toEqual(["missing", "failed"]);
  });

  test.each(["returned", "retried", "lost"] as const)("a run that was %s has not failed", (ending) => {
    const input = inputOf(["A"], { gaps: [gapOf("A", WHOLE)], ...worked(run(ending, { error: new Error("boom") })) });
    expect(statesOf(input)).toEqual({ A: "missing" });
    expect(buildReport(input).failed).toEqual([]);
  });
});

describe("a series that two requests want", () => {
  const early = { start: 0, end: 60 };
  const late = { start: 40, end: 100 };
  const twice = (changes: Partial<ReportInput>) =>
    buildReport({
      ...inputOf([]),
      series: [seriesOf("A"), seriesOf("A")],
      askable: [spanOf("A", early), spanOf("A", late)],
      ...changes,
    });

  test("is reported once, with its spans and gaps merged", () => {
    const gaps = [gapOf("A", { start: 30, end: 60 }), gapOf("A", { start: 40, end: 70 })];
    expect(twice({ gaps })).toMatchObject({
      series: [{ state: "partly" }],
      wanted: [spanOf("A")],
      gaps: [gapOf("A", { start: 30, end: 70 })],
    });
  });

  test("is missing only when neither request has anything of it", () => {
    expect(twice({ gaps: [gapOf("A", late)] }).series).toEqual([{ series: seriesOf("A"), state: "partly" }]);
    expect(twice({ gaps: [gapOf("A", early), gapOf("A", late)] }).series).toMatchObject([{ state: "missing" }]);
  });

  test("is withheld once", () => {
    const tail = spanOf("A", { start: 100, end: 110 });
    expect(twice({ withheld: [tail, tail] }).withheld).toEqual([tail]);
  });
});

describe("what was done", () => {
  test("requests and bars are added up over all attempts", () => {
    const first = run("retried", { tally: { requests: 3, inserted: 20 } });
    const second = run("success", { tally: { requests: 2, inserted: 10, revised: 4, unchanged: 1 } });
    const other = run("failed", { symbols: ["B"], tally: { requests: 1 }, error: new Error("boom") });
    expect(buildReport(inputOf(["A", "B"], worked(first, second, other)))).toMatchObject({
      requests: 6,
      bars: 35,
      inserted: 30,
      revised: 4,
      unchanged: 1,
    });
  });

  test("a run counts once, by its last ending", () => {
    const runs = [
      run("retried"),
      run("failed", { symbols: ["B"], error: new Error("first") }),
      run("success"),
      run("success", { symbols: ["B"] }),
      run("lost", { symbols: ["C"] }),
      run("returned", { symbols: ["D"] }),
      run("retried", { symbols: ["E"] }),
    ];
    const report = buildReport(inputOf(["A"], worked(...runs)));
    expect(report.runs).toEqual({ success: 2, failed: 0, returned: 2, lost: 1 });
    expect(report.failed).toEqual([]);
  });

  test("a failed run tells what it was, and its error by code and message", () => {
    const error = new SourceUnavailableError("the service is down", { status: 503, requestId: "r-1" });
    const failed = run("failed", { symbols: ["A", "B"], label: "US_1", error });
    const bug = run("failed", { symbols: ["C"], error: new TypeError("not a function") });
    expect(buildReport(inputOf(["A"], worked(failed, bug))).failed).toEqual([
      {
        sliceId: failed.slice.id,
        label: "US_1",
        symbols: ["A", "B"],
        timeframe: "1Day",
        interval: WHOLE,
        error: { code: "SOURCE_UNAVAILABLE", message: "the service is down (request r-1)" },
      },
      {
        sliceId: bug.slice.id,
        symbols: ["C"],
        timeframe: "1Day",
        interval: WHOLE,
        error: { code: "UNEXPECTED", message: "TypeError: not a function" },
      },
    ]);
  });

  test("a halt is told with its reason", () => {
    const halted = new SourceAccessError("forbidden", { hint: "Check the keys." });
    const work = { runs: [run("returned")], halted, ended: "halted" } as const;
    const report = buildReport(inputOf(["A"], { gaps: [gapOf("A", WHOLE)], work }));
    expect(report).toMatchObject({
      complete: false,
      halted: { code: "SOURCE_ACCESS", message: "forbidden. Check the keys." },
      runs: { returned: 1 },
      series: [{ state: "missing" }],
    });
    expect(buildReport(inputOf(["A"], worked()))).not.toHaveProperty("halted");
  });

  test("batches are by label, as people count, then by timeframe", () => {
    const runs = [
      run("success", { label: "US_10", tally: { requests: 1 } }),
      run("success", { label: "US_2", timeframe: "1Day", tally: { requests: 2, inserted: 9 } }),
      run("failed", { label: "US_2", timeframe: "15Min", error: new Error("boom") }),
      run("retried", { label: "US_2", timeframe: "1Day", symbols: ["A", "B"], tally: { requests: 1, inserted: 1 } }),
      run("success", { label: "US_2", timeframe: "1Day", symbols: ["A", "B"], tally: { requests: 3, unchanged: 5 } }),
      run("lost"),
    ];
    const endings = { success: 0, failed: 0, returned: 0, lost: 0 };
    expect(buildReport(inputOf(["A"], worked(...runs))).batches).toEqual([
      { timeframe: "1Day", symbols: 1, runs: { ...endings, lost: 1 }, bars: 0, requests: 0 },
      { label: "US_2", timeframe: "15Min", symbols: 1, runs: { ...endings, failed: 1 }, bars: 0, requests: 0 },
      { label: "US_2", timeframe: "1Day", symbols: 2, runs: { ...endings, success: 2 }, bars: 15, requests: 6 },
      { label: "US_10", timeframe: "1Day", symbols: 1, runs: { ...endings, success: 1 }, bars: 0, requests: 1 },
    ]);
  });

  test("only wanted symbols are listed as quarantined, without the provider", () => {
    const report = buildReport(inputOf(["A"], { quarantined: [refused("A"), refused("Z")] }));
    expect(report.quarantined).toEqual([{ symbol: "A", reason: "invalid symbol: A", since: 7 }]);
  });

  test("a run that failed under one lease did not get lost by another one that is let go of later", () => {
    const runs = [run("failed", { error: new Error("boom") }), run("lost")];
    const report = buildReport(inputOf(["A"], worked(...runs)));
    expect(report.failed).toMatchObject([{ sliceId: runs[0]?.slice.id, error: { code: "UNEXPECTED" } }]);
    expect(report.runs).toEqual({ success: 0, failed: 1, returned: 0, lost: 0 });
  });

  test("a bad bar that came again in a later attempt is listed once, as it came last", () => {
    const bad = (openTime: number, issue: string) => ({ series: seriesOf("A"), openTime, issues: [issue] });
    const runs = [
      run("retried", { tally: { badBars: 40, bad: [bad(1, "first"), bad(2, "other")] } }),
      run("failed", { tally: { badBars: 3, bad: [bad(1, "again")] }, error: new Error("boom") }),
    ];
    const { badBars, badBarCount } = buildReport(inputOf(["A"], worked(...runs)));
    expect(badBars).toEqual([bad(1, "again"), bad(2, "other")]);
    expect(badBarCount).toBe(40);
  });

  test("the empty are told in the order in which they were wanted", () => {
    const empty = ["B", "C", "A"].map((symbol) => ({ ...seriesOf(symbol), why: "no-bars" as const }));
    const { empty: told } = buildReport(inputOf(["A", "B", "C"], { empty }));
    expect(told.map(({ symbol }) => symbol)).toEqual(["A", "B", "C"]);
  });

  test("what was not wholly answered is never called empty", () => {
    const empty = ["A", "B"].map((symbol) => ({ ...seriesOf(symbol), why: "no-bars" as const }));
    const report = buildReport(inputOf(["A", "B"], { empty, gaps: [gapOf("A", { start: 90, end: 100 })] }));
    expect(report.empty).toEqual([empty[1]]);
  });
});

describe("series that were silent", () => {
  const asked = (...symbols: string[]) => [
    { symbols, timeframe: "1Day", feed: "sip", adjustment: "raw", interval: WHOLE } as const,
  ];
  const heard = (...symbols: string[]) => new Set(symbols);

  test("were asked for, and no bar came", () => {
    const one = run("success", {
      symbols: ["A", "B", "C"],
      tally: { asked: asked("A", "B"), symbolsWithBars: heard("A") },
    });
    // C was covered before, so nobody asked.
    expect(silentSeries([one])).toEqual([seriesOf("B")]);
  });

  test("are not those that brought bars in another run, before or after", () => {
    const silent = { symbols: ["A", "B"], tally: { asked: asked("A", "B") } };
    const loud = {
      symbols: ["A"],
      interval: { start: 100, end: 200 },
      tally: { asked: asked("A"), symbolsWithBars: heard("A") },
    };
    expect(silentSeries([run("success", silent), run("success", loud)])).toEqual([seriesOf("B")]);
    expect(silentSeries([run("success", loud), run("success", silent)])).toEqual([seriesOf("B")]);
  });

  test("are listed once, and by timeframe", () => {
    const tally = { asked: asked("A") };
    const later = { start: 100, end: 200 };
    const runs = [
      run("success", { tally }),
      run("success", { tally, interval: later }),
      run("success", { tally, timeframe: "1Hour" }),
      run("success", { timeframe: "1Min", tally: { ...tally, symbolsWithBars: heard("A") } }),
    ];
    expect(silentSeries(runs)).toEqual([seriesOf("A"), seriesOf("A", "1Hour")]);
    expect(silentSeries([])).toEqual([]);
  });
});
