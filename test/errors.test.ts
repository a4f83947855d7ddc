import { describe, expect, test, vi } from "vitest";
import {
  type BarfillError,
  isBarfillError,
  LeaseLostError,
  OptionsError,
  RateLimitedError,
  RunAbandonedError,
  SourceAccessError,
  SourceDataError,
  SourceRejectedError,
  SourceUnavailableError,
  StoreError,
  SymbolRejectedError,
} from "../src/errors.ts";
import type { BadBar } from "../src/model/bar.ts";
import type { ErrorCode } from "../src/model/error-code.ts";
import type { Series } from "../src/model/series.ts";

const series: Series = { provider: "alpaca", symbol: "SPY", timeframe: "1Day", feed: "sip", adjustment: "raw" };
const cause = new Error("below");
const details = { status: 418, requestId: "req-7f3a", cause };

const badBar = (openTime: number, ...issues: string[]): BadBar => ({ series, openTime, issues });

/** One of each kind, with all that it can carry. */
const errors: readonly BarfillError[] = [
  new OptionsError([{ path: "burst", expected: "a whole number of 1 or more", received: "0.5" }]),
  new RateLimitedError("too many requests", { ...details, retryAfterMs: 250 }),
  new SourceUnavailableError("no answer", details),
  new SymbolRejectedError("invalid symbol: BRK-B", { ...details, symbol: "BRK-B" }),
  new SourceRejectedError("invalid timeframe", { ...details, hint: "Ask for 1Min." }),
  new SourceAccessError("forbidden", { ...details, hint: "Ask for bars older than 15 minutes." }),
  new SourceDataError("1 bar cannot be", { ...details, bars: [badBar(5, "high 9 is below low 10")] }),
  new StoreError("connection lost", { cause, disposition: "retry", sqlState: "08006", hint: "Is it up?" }),
  new LeaseLostError("slice-1", { cause }),
  new RunAbandonedError("slice-1", 20, { cause }),
];
const ofSource = errors.filter((error) => error.code.startsWith("SOURCE_") || error.code === "SYMBOL_REJECTED");

describe("every kind", () => {
  test.each<[ErrorCode, string, string]>([
    ["OPTIONS_INVALID", "OptionsError", "halt"],
    ["SOURCE_RATE_LIMITED", "RateLimitedError", "retry"],
    ["SOURCE_UNAVAILABLE", "SourceUnavailableError", "retry"],
    ["SYMBOL_REJECTED", "SymbolRejectedError", "quarantine"],
    ["SOURCE_REJECTED", "SourceRejectedError", "fail"],
    ["SOURCE_ACCESS", "SourceAccessError", "halt"],
    ["SOURCE_DATA_INVALID", "SourceDataError", "fail"],
    ["STORE_FAILED", "StoreError", "retry"],
    ["LEASE_LOST", "LeaseLostError", "leave"],
    ["RUN_ABANDONED", "RunAbandonedError", "fail"],
  ])("%s is a %s: %s", (code, name, disposition) => {
    const matches = errors.filter((error) => isBarfillError(error, code));
    expect(matches).toHaveLength(1);
    expect(matches[0]).toMatchObject({ code, name, disposition, barfill: true });
    expect(matches[0]).toBeInstanceOf(Error);
    expect(String(matches[0])).toMatch(new RegExp(`^${name}: `));
  });

  test.each(errors.filter((error) => error.code !== "OPTIONS_INVALID"))("$name keeps its cause", (error) => {
    expect(error.cause).toBe(cause);
  });

  test.each(ofSource)("$name keeps the status, and its message names the request", (error) => {
    expect(error).toMatchObject({ status: 418, requestId: "req-7f3a" });
    expect(error.message).toContain("(request req-7f3a)");
  });
});

describe("what a caller acts on", () => {
  test("options: every problem in the message and by path", () => {
    const issues = [
      { path: "symbols[2]", expected: "a ticker", received: "US_BATCH_1" },
      { path: "start", expected: "a date", received: "yesterday" },
    ];
    const error = new OptionsError(issues);
    expect(error.issues).toEqual(issues);
    expect(error.message).toBe(
      "invalid options\n" +
        "  symbols[2]: expected a ticker, received US_BATCH_1\n" +
        "  start: expected a date, received yesterday",
    );
  });

  test("what the source does not say is undefined", () => {
    expect(new RateLimitedError("429").retryAfterMs).toBeUndefined();
    expect(new SymbolRejectedError("400").symbol).toBeUndefined();
    const bare = new SourceUnavailableError("no answer");
    expect(bare).toMatchObject({ status: undefined, requestId: undefined });
    expect(bare.message).toBe("no answer");
  });

  test("hints are part of the message", () => {
    expect(new SourceAccessError("forbidden", { hint: "Change the feed." }).message).toBe(
      "forbidden. Change the feed.",
    );
    expect(new SourceRejectedError("refused", { hint: "Ask for less." }).message).toBe("refused. Ask for less.");
    expect(new SourceRejectedError("refused").message).toBe("refused");
    const store = new StoreError("refused", { disposition: "halt", hint: "Migrate first." });
    expect(store.message).toBe("refused. Migrate first.");
    expect(store).toMatchObject({ disposition: "halt", sqlState: undefined });
  });

  test("bad bars: the first one's series and time, everybody's issues", () => {
    const error = new SourceDataError("2 bars cannot be", { bars: [badBar(5, "a", "b"), badBar(6, "c")] });
    expect(error.series).toBe(series);
    expect(error.openTime).toBe(5);
    expect(error.issues).toEqual(["a", "b", "c"]);
    expect(new SourceDataError("not JSON")).toMatchObject({ series: undefined, openTime: undefined, issues: [] });
  });

  test("a lost lease names its slice", () => {
    const error = new LeaseLostError("slice-1");
    expect(error.sliceId).toBe("slice-1");
    expect(error.message).toContain("slice-1");
  });
});

describe("isBarfillError", () => {
  test("tells errors of another copy of the package, where instanceof cannot", async () => {
    vi.resetModules();
    const copy = await import("../src/errors.ts");
    const theirs = new copy.LeaseLostError("slice-1");
    expect(theirs).not.toBeInstanceOf(LeaseLostError);
    expect(isBarfillError(theirs)).toBe(true);
    expect(isBarfillError(theirs, "LEASE_LOST")).toBe(true);
    expect(isBarfillError(theirs, "STORE_FAILED")).toBe(false);
    expect(copy.isBarfillError(new LeaseLostError("slice-1"), "LEASE_LOST")).toBe(true);
  });

  test.each([
    undefined,
    null,
    "LEASE_LOST",
    new Error("LEASE_LOST"),
    { code: "LEASE_LOST" },
    { barfill: "yes", code: "LEASE_LOST" },
  ])("%o is none", (value) => {
    expect(isBarfillError(value)).toBe(false);
    expect(isBarfillError(value, "LEASE_LOST")).toBe(false);
  });
});
