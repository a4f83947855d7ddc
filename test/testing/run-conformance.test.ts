import { expect, test, vi } from "vitest";
import { type ConformanceCase, runConformance } from "../../src/testing/conformance/index.ts";

interface Registered {
  readonly title: string;
  readonly skipped: boolean;
  run(): Promise<void>;
}

/** A test runner that only takes note. */
function noting() {
  const registered: Registered[] = [];
  const note = (skipped: boolean) => (title: string, run: () => Promise<void>) => {
    registered.push({ title, skipped, run });
  };
  return { registered, test: Object.assign(note(false), { skip: note(true) }) };
}

const cases: readonly ConformanceCase<{ readonly value: number }>[] = [
  { id: "X01", title: "is one", run: async ({ value }) => expect(value).toBe(1) },
  { id: "X02", title: "is two", run: async ({ value }) => expect(value).toBe(2) },
];

test("registers one test a case, each with a context of its own that is disposed of, passed or not", async () => {
  const { registered, test } = noting();
  const dispose = vi.fn();
  const create = vi.fn(async () => ({ value: 1, dispose }));
  runConformance({ cases, create, test });
  expect(registered.map(({ title, skipped }) => [title, skipped])).toEqual([
    ["X01 is one", false],
    ["X02 is two", false],
  ]);
  expect(create).not.toHaveBeenCalled();
  await registered[0]?.run();
  expect(dispose).toHaveBeenCalledTimes(1);
  await expect(registered[1]?.run()).rejects.toThrow("expected 1 to be 2");
  expect(dispose).toHaveBeenCalledTimes(2);
  expect(create).toHaveBeenCalledTimes(2);
});

test("shows an exempt case as skipped, with its reason", () => {
  const { registered, test } = noting();
  runConformance({ cases, create: async () => ({ value: 1 }), test, exempt: { X02: "one is all there is" } });
  expect(registered.map(({ title, skipped }) => [title, skipped])).toEqual([
    ["X01 is one", false],
    ["X02 is two (exempt: one is all there is)", true],
  ]);
});

test("refuses an exemption of an unknown case or without a reason, and registers nothing", () => {
  const { registered, test } = noting();
  const run = () =>
    runConformance({ cases, create: async () => ({ value: 1 }), test, exempt: { X02: " ", X99: "because" } });
  expect(run).toThrow(
    expect.objectContaining({
      code: "OPTIONS_INVALID",
      issues: [
        { path: "exempt.X02", expected: "a reason", received: '" "' },
        { path: "exempt.X99", expected: "the id of a case", received: "X99" },
      ],
    }),
  );
  expect(registered).toEqual([]);
});
