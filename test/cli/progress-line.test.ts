// What is said beside the work, on a terminal of our own.
import { expect, test } from "vitest";
import { progressLine } from "../../src/cli/progress-line.ts";
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

test("nobody is asked whether a simulator runs elsewhere", () => {
  const error = { code: "SOURCE_UNAVAILABLE", message: "no answer" };
  expect(silenceHint({ configFolder: "." }, error)).toBeUndefined();
  expect(silenceHint({ configFolder: ".", baseUrl: "https://data.alpaca.markets" }, error)).toBeUndefined();
});
