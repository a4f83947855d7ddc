import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Slice } from "../../src/index.ts";
import { act, type DenoProject, denoProject, eventsOf, post, tickUntilDone } from "../support/deno-project.ts";

// On a real PostgreSQL (postgres); on PGlite, and with the batch function down: test/long.

let project: DenoProject;
beforeAll(async () => {
  project = await denoProject("PostgreSQL");
});
afterAll(() => project?.close());
beforeEach(() => project.reset());

describe("the whole path under Deno", () => {
  it("definitions, ticks, dispatch to a second process, supabase-js: the 61 symbols, and the query of old", async () => {
    const { deno, settings, rows, queue } = project;
    const alpaca = await project.serveAlpaca();
    const [batch, single] = await Promise.all([
      deno.start("fetch-bars-batch", settings(alpaca.url, "none")),
      deno.start("fetch-bars", settings(alpaca.url, "none")),
    ]);
    const orchestrator = await deno.start("orchestrator", settings(alpaca.url, `${batch.url}/fetch-bars-batch`));
    const healthy = { ok: true, missing: [], database: { ok: true }, source: { ok: true } };
    for (const one of [orchestrator, batch, single]) expect(await act(one, "health")).toMatchObject(healthy);

    const [first] = await tickUntilDone(orchestrator);
    expect(first).toMatchObject({ failed: 0, left: 0, lost: 0, handed_back: 0, queued: 0 });
    await project.expectAllDone();
    const completed = ({ event }: { event: string }) => event === "completed";
    expect(eventsOf(batch).filter(completed)).toHaveLength(first.claimed);
    expect(eventsOf(orchestrator).filter(completed)).toEqual([]);
    expect(await act(orchestrator, "tick")).toMatchObject({ claimed: 0, note: "nothing is left to do" });

    // 5. A claim that returned nothing: a run by the id of its row, through the client that production uses.
    const [run] = await rows<{ id: number; slice: Slice }>(
      "select id::int, slice from job_runs where symbol = 'US_BATCH_2' and timeframe = '1Day'",
    );
    if (run === undefined) throw new Error("there is no such run");
    const { symbols, timeframe, interval } = run.slice;
    await queue.enqueue([run.slice]);
    const body = { job_run_ids: [run.id], symbols, timeframe, from: interval.start, to: interval.end };
    expect(await post(batch, "fetch-bars-batch", body)).toMatchObject({
      total_symbols: 11,
      symbols_processed: 11,
      api_calls: 0,
      runs: { success: 1 },
      not_claimed: [],
      complete: true,
    });
    const one = { symbol: "SPY", timeframe: "d1", from: "2024-01-02", to: "2024-01-09" };
    expect(await post(single, "fetch-bars", one)).toMatchObject({ total_bars: 5, api_calls: 1, complete: true });
    await Promise.all([batch.kill(), single.kill(), orchestrator.kill(), alpaca.close()]);
  });

  it("3. five runs hung by a killed worker come back with the tick after their leases", async () => {
    const { deno, queue, settings, rows } = project;
    const slow = await project.serveAlpaca({ faults: [{ kind: "slow", every: 2 }] });
    const killed = await deno.start("orchestrator", settings(slow.url, "none"));
    const cut = act(killed, "tick").catch(() => "cut off");
    // Until each of five waits for a page, and none can end; others were committed.
    while (slow.stats.faults < 5) await turn();
    expect(await rows("select 1 from bars limit 1")).toHaveLength(1);
    await killed.kill();
    expect(await cut).toBe("cut off");
    await slow.close();

    const alpaca = await project.serveAlpaca();
    const orchestrator = await deno.start("orchestrator", settings(alpaca.url, "none"));
    const during = await act(orchestrator, "tick");
    expect(during).toMatchObject({ claimed: 0, running: 5 });
    expect(during.note).toMatch(/but 5 are running and 5 may: the longest for \d+ s, by orchestrator-/);
    expect(eventsOf(orchestrator).at(-1)).toMatchObject({ level: 40, event: "ticked", stuck: true });

    // A minute passes on the database's clock.
    await rows("update job_runs set lease_expires_at = lease_expires_at - interval '61 s'");
    await rows("update job_leases set expires_at = expires_at - interval '61 s'");
    await tickUntilDone(orchestrator);
    expect((await queue.counts()).map(({ state }) => state)).toEqual(["success", "success"]);
    await Promise.all([orchestrator.kill(), alpaca.close()]);
  });
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
