import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runHistory } from "../../../src/adapters/postgres/index.ts";
import type { RunRecord } from "../../../src/contracts/run-history.ts";
import { backends, type TestDatabase } from "../../support/postgres.ts";
import { CLAIM, openQueue, slices } from "./queue-fixtures.ts";

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  test("one record a run that was started, in the order of their starts", async () => {
    const { queue, schema } = await openQueue(database);
    expect(await runHistory(database.client, { schema })).toEqual({ runs: [], total: 0 });
    const [done, bad, running, waiting] = slices(4, { label: "NIGHT", symbols: ["IBM", "SPY"] });
    if (!done || !bad || !running || !waiting) throw new Error("no slices");
    await queue.enqueue([done, bad, running, waiting]);
    const claim = async (token: string) => {
      const [lease] = await queue.lease({ ...CLAIM, token });
      if (lease === undefined) throw new Error("nothing to lease");
      return lease;
    };
    await queue.complete(await claim("1"), { bars: 7, requests: 3 });
    // In two sittings: its bars are those of both, its requests those of the last one, as its times are.
    const progress = { percent: 50, bars: 5, requests: 8 };
    await queue.retry(await claim("2"), { notBefore: 0, attemptSpent: false, progress });
    await queue.fail(
      await claim("2"),
      { code: "SOURCE_REJECTED", message: "no" },
      { percent: 60, bars: 6, requests: 10 },
    );
    await claim("3");

    const { runs, total } = await runHistory(database.client, { schema });
    expect(total).toBe(3);
    const { interval } = done;
    const shared = { label: "NIGHT", timeframe: "1Min", symbols: 2, firstSymbol: "IBM", attempt: 1 };
    expect(runs).toEqual([
      { ...shared, ...startedAndEnded, sliceId: done.id, interval, state: "success", bars: 7, requests: 3 },
      {
        ...shared,
        ...startedAndEnded,
        sliceId: bad.id,
        interval: bad.interval,
        state: "failed",
        bars: 6,
        requests: 2,
        error: { code: "SOURCE_REJECTED", message: "no" },
      },
      {
        ...shared,
        sliceId: running.id,
        interval: running.interval,
        startedAt: expect.any(Number),
        state: "running",
        bars: 0,
        requests: 0,
      },
    ]);
    for (const { startedAt, finishedAt = startedAt } of runs as RunRecord[]) {
      expect(finishedAt).toBeGreaterThanOrEqual(startedAt);
    }

    const latest = await runHistory(database.client, { schema, most: 1 });
    expect([latest.runs.map(({ sliceId }) => sliceId), latest.total]).toEqual([[running.id], 3]);
    expect((await runHistory(database.client, { schema, provider: "other" })).total).toBe(0);
    const failed = await runHistory(database.client, { schema, states: ["failed"] });
    expect([failed.runs.map(({ sliceId }) => sliceId), failed.total]).toEqual([[bad.id], 1]);
  });
});

const startedAndEnded = { startedAt: expect.any(Number), finishedAt: expect.any(Number) };
