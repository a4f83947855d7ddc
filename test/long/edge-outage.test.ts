import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DenoProject, denoProject, eventsOf, tickUntilDone } from "../support/deno-project.ts";
import { type SupabaseBackend, serve, supabaseBackends } from "../support/supabase.ts";

// "PGlite" and a real PostgreSQL (postgres).

describe.each(supabaseBackends)("on %s", (backend: SupabaseBackend) => {
  let project: DenoProject;
  beforeAll(async () => {
    project = await denoProject(backend);
    await project.reset();
  });
  afterAll(() => project?.close());

  it("2. with the batch function down for the first half, the fallback carries it, and no run fails", async () => {
    const { deno, settings, rows } = project;
    const alpaca = await project.serveAlpaca();
    const batch = await deno.start("fetch-bars-batch", settings(alpaca.url, "none"));
    let calls = 0;
    const gateway = await serve(async (request) => {
      if (++calls <= 5)
        return new Response('{"code":"BOOT_ERROR","message":"Function failed to start"}', { status: 503 });
      const { headers } = request;
      return fetch(`${batch.url}/fetch-bars-batch`, { method: "POST", headers, body: await request.text() });
    });
    const orchestrator = await deno.start("orchestrator", settings(alpaca.url, gateway.url));
    const answers = await tickUntilDone(orchestrator);
    for (const answer of answers) expect(answer).toMatchObject({ failed: 0, left: 0, lost: 0 });
    await project.expectAllDone();
    const events = eventsOf(orchestrator);
    const failed = events.filter(({ event }) => event === "dispatch-failed").map(({ msg }) => msg);
    expect(failed).toHaveLength(5);
    // Between its return and the next claim a run is anybody's: one that another lane was faster to take is dispatched
    // anew.
    const workedHere = failed.filter((msg) => msg === "dispatch failed: worked here, symbol by symbol").length;
    const returned = failed.filter((msg) => msg === "dispatch failed: back in the queue").length;
    expect(workedHere + returned).toBe(5);
    expect(workedHere).toBeGreaterThanOrEqual(1);
    expect(events.filter(({ event }) => event === "completed")).toHaveLength(workedHere);
    expect(answers.reduce((sum, { handed_back }) => sum + handed_back, 0)).toBe(returned);
    expect(eventsOf(batch).filter(({ event }) => event === "completed").length).toBeGreaterThanOrEqual(5);
    // No label was ever asked for: nothing was refused, and no error was kept.
    expect([...orchestrator.lines, ...batch.lines].join("\n")).not.toMatch(/invalid symbol/i);
    expect(await rows("select symbol from quarantine")).toEqual([]);
    expect(await rows("select error_message from job_runs where error_message is not null")).toEqual([]);
    await Promise.all([batch.kill(), orchestrator.kill(), gateway.close(), alpaca.close()]);
  });
});
