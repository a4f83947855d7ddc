import { describe, expect, test } from "vitest";
import { checkBackfillOptions } from "../../src/options/backfill-options.ts";
import { issuesOf, pathsOf } from "./issues-of.ts";

const METHODS = {
  source: ["fetchPage"],
  store: ["commit", "coverage", "read"],
  queue: ["enqueue", "lease", "renew", "complete", "retry", "fail", "cancel", "requeue", "open", "running", "counts"],
  limiter: ["schedule", "observe", "holdUntil"],
  quarantine: ["add", "list", "lift"],
  calendar: ["sessions"],
  clock: ["now", "sleep"],
} as const;
type Part = keyof typeof METHODS;
const PARTS = Object.keys(METHODS) as Part[];

/** Something with the methods of `part`, but for `lacking`. */
const LIMITS = { pageSize: 10, symbolsPerRequest: 1, symbolBytes: 1000, historyStart: 0, withheldTailMs: 0 };

function shape(part: Part, lacking?: string): Record<string, unknown> {
  const methods = METHODS[part].filter((method) => method !== lacking);
  const words = part === "source" ? { provider: "test", feed: "sip", limits: LIMITS } : {};
  return { ...words, ...Object.fromEntries(methods.map((method) => [method, () => {}])) };
}

const GOOD = { source: shape("source"), store: shape("store"), queue: shape("queue") };
const check = (changes: object) => checkBackfillOptions({ ...GOOD, ...changes });
const issues = (changes: object) => issuesOf(() => check(changes));

test("a source, a store and a queue are enough", () => {
  expect(check({})).toBeUndefined();
});

test("everything else may come too, or be undefined", () => {
  const all = {
    requestsPerMinute: 0.5,
    burst: 1,
    concurrency: 1000,
    planner: () => [],
    ...Object.fromEntries(PARTS.map((part) => [part, shape(part)])),
    random: Math.random,
    observer: () => {},
    workerId: "one",
    leaseMs: 1000,
    pollMs: 1,
    retry: { pageAttempts: 1, runAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 },
  };
  expect(check(all)).toBeUndefined();
  const optional = Object.keys(all).filter((key) => !(key in GOOD));
  expect(optional).toHaveLength(14);
  expect(check(Object.fromEntries(optional.map((key) => [key, undefined])))).toBeUndefined();
});

test("methods may come from a prototype", () => {
  class Store {
    commit() {}
    coverage() {}
    read() {}
  }
  expect(check({ store: new Store() })).toBeUndefined();
});

describe("adapters", () => {
  const cases = PARTS.flatMap((part) => METHODS[part].map((method) => [part, method] as const));

  test.each(cases)("a %s without %s is refused, and is told what it must have", (part, method) => {
    const [issue, ...more] = issues({ [part]: shape(part, method) });
    expect(more).toEqual([]);
    expect(issue).toMatchObject({ path: part, received: "an object" });
    expect(issue?.expected).toContain(METHODS[part].join(", "));
  });

  test.each(PARTS)("a %s that is no object is refused", (part) => {
    for (const value of [null, 5, "text", () => {}]) expect(issues({ [part]: value })).toMatchObject([{ path: part }]);
  });

  const partial = { ...LIMITS, symbolBytes: undefined };
  const absent = [
    { provider: undefined },
    { feed: undefined },
    { limits: undefined },
    { limits: {} },
    { limits: partial },
  ];
  const unknown = { ...LIMITS, pageSize: Number.NaN };
  const wrong = [{ provider: "a|b" }, { feed: "a|b" }, { symbolExpected: "a ticker" }, { limits: unknown }];
  test.each([...absent, ...wrong])("a source with %j is refused", (lacking) => {
    expect(issues({ source: { ...GOOD.source, ...lacking } })).toEqual([
      {
        path: "source",
        expected: `a bar source, with provider and feed (without "|") and limits (${Object.keys(LIMITS).join(", ")})`,
        received: "an object",
      },
    ]);
  });

  test("what a source lets be made up for is a whole number of requests, where it says so", () => {
    const limited = (makeUp: unknown) => ({ source: { ...GOOD.source, limits: { ...LIMITS, makeUp } } });
    for (const makeUp of [undefined, 0, 60]) expect(check(limited(makeUp))).toBeUndefined();
    for (const makeUp of [-1, 0.5, Number.NaN, "60", null]) {
      expect(issues(limited(makeUp))).toEqual([
        {
          path: "source",
          expected: "a bar source, whose limits.makeUp is a whole number of 0 or more where there is one",
          received: "an object",
        },
      ]);
    }
  });

  test.each(["planner", "random", "observer"])("%s is a function", (key) => {
    expect(issues({ [key]: {} })).toMatchObject([{ path: key, received: "an object" }]);
    expect(issues({ [key]: null })).toMatchObject([{ path: key, received: "null" }]);
  });
});

describe("numbers", () => {
  const whole = (least: number, most: number) => `a whole number from ${least} to ${most}`;

  test.each([
    ["concurrency", 0, whole(1, 1000)],
    ["concurrency", 1001, whole(1, 1000)],
    ["concurrency", -1, whole(1, 1000)],
    ["concurrency", 1.5, whole(1, 1000)],
    ["concurrency", Number.POSITIVE_INFINITY, whole(1, 1000)],
    ["burst", 0, whole(1, 1_000_000)],
    ["burst", 0.5, whole(1, 1_000_000)],
    ["burst", Number.NaN, whole(1, 1_000_000)],
    ["leaseMs", 999, whole(1000, 86_400_000)],
    ["pollMs", 0, whole(1, 3_600_000)],
    ["requestsPerMinute", 0, 'a finite number above 0, or "learn"'],
    ["requestsPerMinute", -200, 'a finite number above 0, or "learn"'],
    ["requestsPerMinute", Number.NaN, 'a finite number above 0, or "learn"'],
    ["requestsPerMinute", Number.POSITIVE_INFINITY, 'a finite number above 0, or "learn"'],
  ])("%s %d is refused once", (path, value, expected) => {
    expect(issues({ [path]: value })).toEqual([{ path, expected, received: String(value) }]);
  });

  test("no text, null or list is a number; a word is shown, as it is no secret", () => {
    expect(
      issues({ concurrency: "8", burst: null, leaseMs: [], requestsPerMinute: "max", store: "max" }),
    ).toMatchObject([
      { path: "store", received: "a string" },
      { path: "requestsPerMinute", received: '"max"' },
      { path: "burst", received: "null" },
      { path: "concurrency", received: '"8"' },
      { path: "leaseMs", received: "an empty list" },
    ]);
  });

  test("retry is checked inside", () => {
    const retry = { pageAttempts: 0, runAttempts: 1.5, baseDelayMs: -1, maxDelayMs: Number.NaN };
    expect(issues({ retry }).map(({ path, received }) => [path, received])).toEqual([
      ["retry.pageAttempts", "0"],
      ["retry.runAttempts", "1.5"],
      ["retry.baseDelayMs", "-1"],
      ["retry.maxDelayMs", "NaN"],
    ]);
    expect(issues({ retry: 5 })).toEqual([
      { path: "retry", expected: "an object of numbers, as in { runAttempts: 5 }", received: "5" },
    ]);
  });
});

describe("one error for everything", () => {
  test("unknown keys are listed at both levels, beside all else", () => {
    const act = () => check({ store: {}, concurency: 5, concurrency: 0, retry: { attempts: 3, pageAttempts: 0 } });
    expect(pathsOf(act).sort()).toEqual(["concurency", "concurrency", "retry.attempts", "retry.pageAttempts", "store"]);
    expect(act).toThrowError(
      "  retry.attempts: expected one of pageAttempts, runAttempts, runExpiries, baseDelayMs, maxDelayMs, received an unknown option",
    );
  });

  test.each([[null], [undefined], [5], [[]]])("%j instead of options", (options) => {
    expect(issuesOf(() => checkBackfillOptions(options))).toMatchObject([
      { path: "(options)", expected: "an object, with source, store and queue" },
    ]);
  });

  test("no options lack three things", () => {
    expect(pathsOf(() => checkBackfillOptions({}))).toEqual(["source", "store", "queue"]);
  });

  test("a secret is never shown, wherever it is put", () => {
    const secret = "postgres://me:hush@host/db";
    const keys = [...PARTS, "requestsPerMinute", "burst", "concurrency", "planner", "random", "observer", "leaseMs"];
    for (const value of [secret, [secret], { secret }]) {
      const act = () => check(Object.fromEntries([...keys, "retry", "extra"].map((key) => [key, value])));
      const message = JSON.stringify(issuesOf(act));
      for (const key of keys) expect(message).toContain(`"path":"${key}"`);
      expect(message).not.toContain("hush");
    }
    expect(JSON.stringify(issuesOf(() => checkBackfillOptions(secret)))).not.toContain("hush");
  });
});
