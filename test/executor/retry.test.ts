import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type BarfillError,
  LeaseLostError,
  OptionsError,
  RateLimitedError,
  SourceAccessError,
  SourceDataError,
  SourceRejectedError,
  SourceUnavailableError,
  StoreError,
  SymbolRejectedError,
} from "../../src/errors.ts";
import { backoffMs, DEFAULT_RETRY, holdMs, toRunError, type Verdict, verdictOf } from "../../src/executor/retry.ts";

const LAST = DEFAULT_RETRY.runAttempts;
/** `Math.random` never says 1. */
const ALMOST_ONE = 1 - Number.EPSILON / 2;

test("the wait doubles from half the base delay, or up to the whole, by chance", () => {
  const policy = { ...DEFAULT_RETRY, baseDelayMs: 500, maxDelayMs: 60_000 };
  expect([1, 2, 3, 4].map((failures) => backoffMs(failures, policy, 0))).toEqual([250, 500, 1000, 2000]);
  expect([1, 2, 3, 4].map((failures) => backoffMs(failures, policy, ALMOST_ONE))).toEqual([500, 1000, 2000, 4000]);
});

test("the wait is whole, never negative, never above the longest, and never shorter after more failures", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.integer({ min: 0, max: 100_000 }),
      fc.integer({ min: 0, max: 600_000 }),
      fc.double({ min: 0, max: ALMOST_ONE, noNaN: true }),
      (failures, baseDelayMs, maxDelayMs, random) => {
        const policy = { ...DEFAULT_RETRY, baseDelayMs, maxDelayMs };
        const wait = backoffMs(failures, policy, random);
        expect(Number.isSafeInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(Math.min(baseDelayMs, maxDelayMs) / 2));
        expect(wait).toBeLessThanOrEqual(maxDelayMs);
        expect(backoffMs(failures + 1, policy, random)).toBeGreaterThanOrEqual(wait);
      },
    ),
  );
});

test("no base delay is no wait, after any number of failures", () => {
  expect(backoffMs(1, { ...DEFAULT_RETRY, baseDelayMs: 0 }, 0.5)).toBe(0);
  expect(backoffMs(5000, { ...DEFAULT_RETRY, baseDelayMs: 0 }, 0.5)).toBe(0);
});

test("a hold lasts as long as the source asked, by chance or not", () => {
  const asked = new RateLimitedError("too many requests.", { retryAfterMs: 7000 });
  expect(holdMs(asked, 1, DEFAULT_RETRY, 0)).toBe(7000);
  expect(holdMs(asked, 9, DEFAULT_RETRY, 0.9)).toBe(7000);
});

test("a hold that would be over before it began, as by a clock that is ahead, lasts half a base delay", () => {
  expect(holdMs(new RateLimitedError("429", { retryAfterMs: 0 }), 1, DEFAULT_RETRY, 0)).toBe(250);
});

test("a hold of no given length grows with every refusal, up to the longest wait", () => {
  const mute = new RateLimitedError("too many requests.");
  const holds = [1, 2, 3, 20].map((refusals) => holdMs(mute, refusals, DEFAULT_RETRY, 0));
  expect(holds).toEqual([500, 1000, 2000, 30_000]);
  expect(holdMs(mute, 1000, DEFAULT_RETRY, ALMOST_ONE)).toBe(60_000);
});

const store = (disposition: "retry" | "halt") => new StoreError("down", { disposition });

test.each<[BarfillError, Verdict, Verdict]>([
  [new OptionsError([]), { kind: "halt" }, { kind: "halt" }],
  [new SourceAccessError("401", { hint: "look" }), { kind: "halt" }, { kind: "halt" }],
  [store("halt"), { kind: "halt" }, { kind: "halt" }],
  [new LeaseLostError("slice"), { kind: "leave" }, { kind: "leave" }],
  [new SourceRejectedError("no"), { kind: "fail" }, { kind: "fail" }],
  [new SourceDataError("bad"), { kind: "fail" }, { kind: "fail" }],
  [new SymbolRejectedError("bad"), { kind: "fail" }, { kind: "fail" }],
  [new SourceUnavailableError("gone"), { kind: "retry", attemptSpent: true }, { kind: "fail" }],
  [store("retry"), { kind: "retry", attemptSpent: true }, { kind: "fail" }],
  // Patience is not the run's fault: it costs no attempt, the last one neither.
  [new RateLimitedError("wait"), { kind: "retry", attemptSpent: false }, { kind: "retry", attemptSpent: false }],
])("%s", (error, before, last) => {
  expect(verdictOf(error, 1, DEFAULT_RETRY)).toEqual(before);
  expect(verdictOf(error, LAST - 1, DEFAULT_RETRY)).toEqual(before);
  expect(verdictOf(error, LAST, DEFAULT_RETRY)).toEqual(last);
  expect(verdictOf(error, LAST + 1, DEFAULT_RETRY)).toEqual(last);
});

test("a source that is gone costs no try, and where the store is, the last one halts", () => {
  for (const attempt of [1, LAST]) {
    const verdict = verdictOf(new SourceUnavailableError("gone"), attempt, DEFAULT_RETRY, true);
    expect(verdict).toEqual({ kind: "retry", attemptSpent: false });
  }
  expect(verdictOf(store("retry"), 1, DEFAULT_RETRY, true)).toEqual({ kind: "retry", attemptSpent: true });
  expect(verdictOf(store("retry"), LAST, DEFAULT_RETRY, true)).toEqual({ kind: "halt" });
});

test("errors of another copy of the package are known by their brand", () => {
  const foreign = { barfill: true, code: "SOURCE_UNAVAILABLE", disposition: "retry" };
  expect(verdictOf(foreign, 1, DEFAULT_RETRY)).toEqual({ kind: "retry", attemptSpent: true });
});

test.each([new TypeError("x is not a function"), "text", null, undefined, { code: "SOURCE_ACCESS" }])(
  "what is not barfill's is a bug, and fails the run: %o",
  (error) => {
    expect(verdictOf(error, 1, DEFAULT_RETRY)).toEqual({ kind: "fail" });
  },
);

test("queues keep code and message, and no more", () => {
  const cause = new Error("with a secret");
  const error = new SourceUnavailableError("gone", { status: 503, requestId: "r1", cause });
  expect(toRunError(error)).toStrictEqual({ code: "SOURCE_UNAVAILABLE", message: "gone (request r1)" });
  expect(toRunError(new TypeError("x is not a function"))).toStrictEqual({
    code: "UNEXPECTED",
    message: "TypeError: x is not a function",
  });
  expect(toRunError("text")).toStrictEqual({ code: "UNEXPECTED", message: "text" });
  expect(toRunError(undefined)).toStrictEqual({ code: "UNEXPECTED", message: "undefined" });
});
