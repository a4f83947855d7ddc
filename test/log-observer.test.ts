import { describe, expect, it } from "vitest";
import { logObserver, SourceUnavailableError, SymbolRejectedError } from "../src/index.ts";
import { END, minuteBars, START, smallBackfill } from "./support/small-backfill.ts";

const REQUEST = { label: "US_BATCH_1", symbols: ["A", "VIX"], timeframes: ["1Min" as const], start: START, end: END };

async function linesOf(level?: "debug" | "warn" | "error") {
  const lines: string[] = [];
  const options = { write: (line: string) => void lines.push(line), fields: { name: "worker" } };
  const { backfill, clock } = smallBackfill(
    {
      bars: { A: minuteBars(5) },
      limits: { pageSize: 1_000_000 },
      script({ call, request }) {
        if (call === 1) return new SourceUnavailableError("the source answered 503");
        return request.symbols.includes("VIX") ? new SymbolRejectedError("no VIX", { symbol: "VIX" }) : undefined;
      },
    },
    { observer: logObserver(level === undefined ? options : { ...options, level }) },
  );
  await clock.run(backfill.run(REQUEST));
  return lines.map((line) => JSON.parse(line));
}

describe("logObserver", () => {
  it("writes one JSON object a line, with pino's level, time and msg", async () => {
    const lines = await linesOf();
    expect(lines.map(({ level, event }) => [level, event])).toEqual([
      [30, "enqueued"],
      [30, "leased"],
      [40, "retrying"],
      [40, "quarantined"],
      [30, "completed"],
    ]);
    expect(lines[2]).toEqual({
      level: 40,
      time: Date.UTC(2024, 5, 3),
      name: "worker",
      event: "retrying",
      run: expect.stringMatching(/^[0-9a-f]{32}$/),
      label: "US_BATCH_1",
      timeframe: "1Min",
      symbols: 2,
      from: "2024-01-02T00:00:00.000Z",
      to: "2024-01-03T00:00:00.000Z",
      delayMs: 375,
      err: { code: "SOURCE_UNAVAILABLE", message: "the source answered 503" },
      msg: "page failed, tried again",
    });
  });

  it("says what a worker waits for that has nothing in hand", async () => {
    const lines: string[] = [];
    const observer = logObserver({ write: (line) => void lines.push(line) });
    const { backfill, clock, queue } = smallBackfill({ bars: { A: minuteBars(5) } }, { observer });
    await backfill.enqueue(await backfill.plan({ ...REQUEST, symbols: ["A"] }));
    await queue.lease({ workerId: "dead", token: "t", limit: 1, ttlMs: 60_000 });
    await clock.run(backfill.work());
    expect(lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "waiting")).toEqual([
      {
        level: 30,
        time: Date.UTC(2024, 5, 3),
        event: "waiting",
        queued: 0,
        running: 1,
        workers: ["dead"],
        until: "2024-06-03T00:01:00.000Z",
        msg: "waiting: 1 run is leased by dead until 00:01:00Z",
      },
    ]);
  });

  it("names a job that cannot be planned, and what is wrong with it", async () => {
    const lines: string[] = [];
    const observer = logObserver({ write: (line) => void lines.push(line), level: "error" });
    const job = { label: "US_BATCH_1", symbols: ["A"], timeframe: "m15", windowDays: 1, priority: 0, enabled: true };
    await smallBackfill({ bars: {} }, { observer }).backfill.tick([job as never]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: 50,
        event: "job-refused",
        label: "US_BATCH_1",
        timeframe: "m15",
        issues: [{ path: "timeframe", expected: expect.stringContaining("15Min"), received: '"m15"' }],
      },
    ]);
  });

  it("leaves out what is below its level", async () => {
    expect((await linesOf("debug")).filter(({ level }) => level === 20).map(({ event }) => event)).toEqual([
      "page",
      "committed",
      "page",
      "committed",
    ]);
    expect((await linesOf("warn")).map(({ event }) => event)).toEqual(["retrying", "quarantined"]);
    expect(await linesOf("error")).toEqual([]);
  });
});
