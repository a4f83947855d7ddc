// What is said beside the work, on a terminal of our own.
import { expect, test, vi } from "vitest";
import { progressLine, progressText } from "../../src/cli/progress-line.ts";
import { silenceHint } from "../../src/cli/source.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import type { BackfillEvent } from "../../src/contracts/observer.ts";
import { sliceAt } from "../../src/testing/conformance/queue/fixtures.ts";

test("trouble is said once in ten seconds, with when and how often it is tried again, and what to do", () => {
  const lines: string[] = [];
  const terminal = { err: { isTTY: false }, note: (line: string) => lines.push(line) } as unknown as Terminal;
  const settings = { configFolder: ".", baseUrl: "http://me:hunter2@127.0.0.1:8765/" };
  const totals = { slices: 1, requests: 1, rate: 200 };
  const line = progressLine(
    terminal,
    totals,
    () => 0,
    (error) => silenceHint(settings, error),
  );
  const retrying = (at: number, attempt: number, request: string): BackfillEvent => {
    const error = { code: "SOURCE_UNAVAILABLE", message: `no answer (request ${request})` };
    return {
      type: "retrying",
      at,
      slice: sliceAt(0),
      what: "page",
      attempt,
      attempts: 4,
      delayMs: 500 * attempt,
      error,
    };
  };
  line.observe(retrying(0, 1, "a"));
  line.observe(retrying(500, 2, "b"));
  line.observe(retrying(10_000, 3, "c"));
  line.observe({ type: "queue-failing", at: 10_000, delayMs: 1000, error: { code: "STORE_FAILED", message: "gone" } });
  line.observe({ type: "waiting", at: 10_000, queued: 0, running: 1, workers: ["other"], until: 90_000 });
  line.stop();
  const hint = "Is barfill simulate running at http://127.0.0.1:8765?";
  expect(lines).toEqual([
    `page failed, again in 0.5 s (try 2 of 4): no answer (request a). ${hint}`,
    `page failed, again in 1.5 s (try 4 of 4): no answer (request c). ${hint}`,
    "queue failed, again in 1.0 s: gone",
    "waiting: 1 run is leased by other until 00:01:30Z",
  ]);
});

test("an outage is told with how long all wait, and a store that is waited for without a count of its tries", () => {
  const lines: string[] = [];
  const terminal = { err: { isTTY: false }, note: (line: string) => lines.push(line) } as unknown as Terminal;
  const line = progressLine(terminal, { slices: 4, requests: 400, rate: 200 }, () => 0);
  const away = { code: "SOURCE_UNAVAILABLE", message: "503" } as const;
  line.observe({ type: "held", at: 1000, until: 16_000, error: away });
  const full = { code: "STORE_FAILED", message: "53100" } as const;
  const failing = {
    type: "retrying",
    slice: sliceAt(0),
    what: "commit",
    attempts: 4,
    delayMs: 10_000,
    error: full,
  } as const;
  line.observe({ ...failing, at: 20_000, attempt: 4 });
  line.stop();
  expect(lines).toEqual(["held for 15 s: 503", "commit failed, again in 10 s: 53100"]);
});

test("nobody is asked whether a simulator runs elsewhere", () => {
  const error = { code: "SOURCE_UNAVAILABLE", message: "no answer" };
  expect(silenceHint({ configFolder: "." }, error)).toBeUndefined();
  expect(silenceHint({ configFolder: ".", baseUrl: "https://data.alpaca.markets" }, error)).toBeUndefined();
});

/** A terminal of `columns`, and the line that is on it. */
function liveTerminal(columns: number) {
  let shown = "";
  const err = {
    isTTY: true,
    columns,
    write(text: string) {
      expect(text.startsWith("\r\x1b[K")).toBe(true);
      shown = text.slice(4);
    },
  };
  return { terminal: { err, note: () => {} } as unknown as Terminal, err, shown: () => shown };
}

test("the line is cut to the terminal, though it is made narrower meanwhile: a line that wraps is not drawn over", () => {
  vi.useFakeTimers();
  try {
    const { terminal, err, shown } = liveTerminal(200);
    const line = progressLine(terminal, { slices: 4, requests: 400, rate: 200 }, () => 0);
    line.observe({ type: "waiting", at: 0, queued: 0, running: 1, workers: ["w".repeat(60)], until: 90_000 });
    vi.advanceTimersByTime(200);
    expect(shown()).toMatch(/0 % {2}0\/4 slices, .*until 00:01:30Z$/);
    err.columns = 60;
    vi.advanceTimersByTime(200);
    expect(shown()).toHaveLength(59);
    expect(shown()).toMatch(/^ +0 % {2}0\/4 slices, .*…$/);
    line.stop();
    expect(shown()).toBe("");
  } finally {
    vi.useRealTimers();
  }
});

const completed = (at: number): BackfillEvent => {
  const result = { inserted: 10, revised: 0, unchanged: 0, pages: 1 };
  return { type: "completed", at, slice: sliceAt(0), result } as unknown as BackfillEvent;
};

const page = (at: number): BackfillEvent => {
  const slice = sliceAt(0);
  return { type: "page", at, slice, symbols: 1, interval: slice.interval, bars: 100, last: false, settled: 0.1 };
};

test.each([
  { totals: { slices: 9, requests: 300, rate: 200 }, how: /^ +0 % {2}0\/9 slices, / },
  { totals: { slices: 0, requests: 0, rate: 200 }, how: /^0 slices, / },
])(
  "off a terminal there is a line every half a minute, before any slice has ended, while pages come",
  ({ totals, how }) => {
    vi.useFakeTimers();
    try {
      const lines: string[] = [];
      const terminal = { err: { isTTY: false }, note: (line: string) => lines.push(line) } as unknown as Terminal;
      const line = progressLine(terminal, totals, () => Date.now());
      const told = [0, 10, 10, 10, 30, 30].map((seconds, i) => {
        if (i !== 4) line.observe(page(Date.now()));
        vi.advanceTimersByTime(seconds * 1000);
        return lines.length;
      });
      // The fifth time nothing had come.
      expect(told).toEqual([0, 0, 0, 1, 1, 2]);
      expect(lines).toEqual(Array(2).fill(expect.stringMatching(how)));
      line.stop();
      vi.advanceTimersByTime(60_000);
      expect(lines).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  },
);

test("what is cut anew changes how much there is, and more than all of it is no share", () => {
  const lines: string[] = [];
  const terminal = { err: { isTTY: false }, note: (line: string) => lines.push(line) } as unknown as Terminal;
  const line = progressLine(terminal, { slices: 2, requests: 2, rate: 200 }, () => 0);
  line.observe({ type: "resliced", at: 0, before: 1, after: 4, pages: { before: 1, after: 4 } });
  line.observe(completed(0));
  expect(lines).toEqual([expect.stringMatching(/^ {2}20 % {2}1\/5 slices/)]);

  const seen = { ...line.stop(), slices: 3 };
  expect(progressText(seen, { slices: 2, requests: 2, rate: 200 })).toMatch(/^3 slices, /);
});
