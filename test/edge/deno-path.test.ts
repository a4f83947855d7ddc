import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { saveJobs, supabaseQueue } from "../../src/adapters/supabase/index.ts";
import { defineJobs } from "../../src/index.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import {
  type AlpacaSimulatorOptions,
  alpacaSimulator,
  type SimulatorServer,
} from "../../src/testing/simulator/index.ts";
import { SEED_QUERY, SEED_SYMBOLS } from "../adapters/postgres/seed-system.ts";
import { type DenoFunctions, denoFunctions, type RunningFunction } from "../support/deno-functions.ts";
import { serve, startSupabase, type TestSupabase } from "../support/supabase.ts";

// The functions of examples/supabase under real Deno, on the migrations that lie beside them, through supabase-js on a
// real PostgreSQL (postgres), with Alpaca's stand-in over HTTP.

const SECRET = "the secret of this test's schedule";
const MIGRATIONS = new URL("../../examples/supabase/supabase/migrations/", import.meta.url);

let deno: DenoFunctions;
let project: TestSupabase;
beforeAll(async () => {
  [deno, project] = await Promise.all([denoFunctions(), startSupabase("PostgreSQL")]);
  for (const file of readdirSync(MIGRATIONS).sort()) {
    // There is no pg_cron here.
    if (!file.includes("schedule")) await project.database.query(readFileSync(new URL(file, MIGRATIONS), "utf8"));
  }
  await project.reload();
});
afterAll(async () => {
  await Promise.all([deno?.close(), project?.close()]);
});

let alpaca: SimulatorServer;
beforeEach(async () => {
  await project.database.query(
    "truncate series, bars, coverage, quarantine, job_definitions, job_runs, job_queue, job_leases",
  );
  const client = project.client(project.keys.secret);
  // A tenth of the windows, but for one that makes a fifth run of the small batch.
  const jobs = defineJobs({ label: "US_BATCH", symbols: SEED_SYMBOLS, windowDays: { m15: 9, h1: 36, h4: 18, d1: 73 } });
  await saveJobs(
    client,
    jobs.map((job) => (job.label === "US_BATCH_2" && job.timeframe === "1Hour" ? { ...job, windowDays: 120 } : job)),
  );
});
afterEach(() => alpaca.close());

async function serveAlpaca(options: Partial<AlpacaSimulatorOptions> = {}) {
  const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 1_000_000, ...options });
  alpaca = await simulator.serve();
  return simulator;
}

function settings(batchUrl: string): Record<string, string> {
  return {
    SUPABASE_URL: project.url,
    SUPABASE_SERVICE_ROLE_KEY: project.keys.secret,
    ALPACA_KEY_ID: "key",
    ALPACA_SECRET_KEY: "secret",
    ALPACA_BASE_URL: alpaca.url,
    ALPACA_REQUESTS_PER_MINUTE: "100000",
    BARFILL_SECRET: SECRET,
    BARFILL_BATCH_URL: batchUrl,
  };
}

/** As pg_cron calls it. */
async function act({ url }: RunningFunction, action: string) {
  const response = await fetch(`${url}/orchestrator?action=${action}`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}` },
    body: "{}",
  });
  // biome-ignore lint/suspicious/noExplicitAny: the test looks into it
  return (await response.json()) as any;
}

/** Ticks until nothing is queued or running; returns the answers. */
async function tickUntilDone(orchestrator: RunningFunction) {
  const answers = [];
  do answers.push(await act(orchestrator, "tick"));
  while (answers.length < 20 && (answers.at(-1).queued > 0 || answers.at(-1).running > 0));
  return answers;
}

async function seedQuery() {
  const { rows } = (await project.database.query(SEED_QUERY)) as { rows: Record<string, unknown>[] };
  return new Map(
    rows.map((row) => [row["symbol"], { success: Number(row["success"]), bars: Number(row["total_bars"]) }]),
  );
}

async function expectAllDone() {
  const counts = await supabaseQueue(project.client(project.keys.secret)).counts();
  expect(counts.map(({ state }) => state)).toEqual(["success", "success"]);
  const seed = await seedQuery();
  expect([...seed.keys()].sort()).toEqual(["US_BATCH_1", "US_BATCH_2"]);
  // What the old system asked for as its proof.
  expect(seed.get("US_BATCH_1")?.success).toBeGreaterThanOrEqual(5);
  expect(seed.get("US_BATCH_1")?.bars).toBeGreaterThanOrEqual(2500);
  expect(seed.get("US_BATCH_2")?.success).toBeGreaterThanOrEqual(5);
  expect(seed.get("US_BATCH_2")?.bars).toBeGreaterThanOrEqual(550);
  const { rows } = (await project.database.query(
    "select count(*)::int as held, (select sum(rows_written)::int from job_runs) as written from bars",
  )) as { rows: { held: number; written: number }[] };
  expect(rows[0]?.held).toBe(rows[0]?.written);
}

describe("the whole path", () => {
  it("definitions, ticks, dispatch to a second process, supabase-js: the 61 symbols, and the query of old", async () => {
    await serveAlpaca();
    const batch = await deno.start("fetch-bars-batch", settings("none"));
    const orchestrator = await deno.start("orchestrator", settings(`${batch.url}/fetch-bars-batch`));
    expect(await act(orchestrator, "health")).toMatchObject({ ok: true, database: { ok: true }, source: { ok: true } });

    const answers = await tickUntilDone(orchestrator);
    console.log(JSON.stringify(answers));
    await expectAllDone();
    expect(answers[0]).toMatchObject({ failed: 0, left: 0, lost: 0 });
    const events = (one: RunningFunction) => one.lines.map((line) => JSON.parse(line).event);
    expect(events(batch).filter((event) => event === "completed")).toHaveLength(answers[0].claimed);
    expect(events(orchestrator)).not.toContain("completed");
    expect(await act(orchestrator, "tick")).toMatchObject({ enqueued: 0, claimed: 0, note: "nothing is left to do" });
    await Promise.all([batch.kill(), orchestrator.kill()]);
  });

  it("2. with the batch function down for the first half, the orchestrator carries on, and no run fails", async () => {
    await serveAlpaca();
    const batch = await deno.start("fetch-bars-batch", settings("none"));
    let calls = 0;
    const gateway = await serve(async (request) => {
      if (++calls <= 6)
        return new Response('{"code":"BOOT_ERROR","message":"Function failed to start"}', { status: 503 });
      return fetch(`${batch.url}/fetch-bars-batch`, {
        method: "POST",
        headers: request.headers,
        body: await request.text(),
      });
    });
    const orchestrator = await deno.start("orchestrator", settings(gateway.url));
    const answers = await tickUntilDone(orchestrator);
    console.log(JSON.stringify(answers));
    await expectAllDone();
    expect(calls).toBeGreaterThan(10);
    for (const answer of answers) expect(answer).toMatchObject({ failed: 0 });
    const all = [...orchestrator.lines, ...batch.lines].join("\n");
    expect(all).toContain("worked here, symbol by symbol");
    expect(all).not.toMatch(/invalid symbol/i);
    const { rows } = (await project.database.query("select * from quarantine")) as { rows: unknown[] };
    expect(rows).toEqual([]);
    await Promise.all([batch.kill(), orchestrator.kill(), gateway.close()]);
  });
});

describe("3. a queue that stops itself", () => {
  it("five runs hung by a killed worker come back with the tick after their leases, and go on where they were", async () => {
    await serveAlpaca({ latencyMs: 150 });
    const first = await deno.start("orchestrator", settings("none"));
    const cut = act(first, "tick").catch(() => "cut off");
    const queue = supabaseQueue(project.client(project.keys.secret));
    // Until each has committed a page or more.
    const isHalfway = async () => (await project.database.query("select 1 from bars limit 1")) as { rows: unknown[] };
    while ((await isHalfway()).rows.length === 0 || (await queue.running({})).length < 5) await turn();
    await first.kill();
    expect(await cut).toBe("cut off");
    await alpaca.close();

    await serveAlpaca();
    const second = await deno.start("orchestrator", settings("none"));
    const during = await act(second, "tick");
    expect(during).toMatchObject({ claimed: 0, running: 5 });
    expect(during.note).toMatch(/5 are running and 5 may: the longest for \d+ s/);
    expect(JSON.parse(second.lines.at(-1) ?? "")).toMatchObject({ level: 40, event: "ticked", stuck: true });

    // A minute passes on the database's clock.
    await project.database.query("update job_runs set lease_expires_at = lease_expires_at - interval '61 s'");
    await project.database.query("update job_leases set expires_at = expires_at - interval '61 s'");
    await tickUntilDone(second);
    const counts = await queue.counts();
    expect(counts.map(({ state }) => state)).toEqual(["success", "success"]);
    await second.kill();
  });
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
