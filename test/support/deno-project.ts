import { readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { saveJobs, supabaseQueue } from "../../src/adapters/supabase/index.ts";
import { defineJobs } from "../../src/index.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { type AlpacaSimulatorOptions, alpacaSimulator } from "../../src/testing/simulator/index.ts";
import { SEED_QUERY, SEED_SYMBOLS } from "../adapters/postgres/seed-system.ts";
import { denoFunctions, type RunningFunction } from "./deno-functions.ts";
import { type SupabaseBackend, startSupabase } from "./supabase.ts";

const SECRET = "the secret of this test's schedule";
const MIGRATIONS = new URL("../../examples/supabase/supabase/migrations/", import.meta.url);

export type DenoProject = Awaited<ReturnType<typeof denoProject>>;

/**
 * A project with the migrations of examples/supabase and the definitions of the 61 symbols, for functions under real
 * Deno that reach it through supabase-js, and Alpaca's stand-in over HTTP.
 */
export async function denoProject(backend: SupabaseBackend) {
  const [deno, project] = await Promise.all([denoFunctions(), startSupabase(backend)]);
  const { database } = project;
  for (const file of readdirSync(MIGRATIONS).sort()) {
    // There is no pg_cron here.
    if (file.includes("schedule")) continue;
    const sql = readFileSync(new URL(file, MIGRATIONS), "utf8");
    await ("exec" in database ? database.exec(sql) : database.query(sql));
  }
  await project.reload();
  const client = project.client(project.keys.secret);
  const rows = async <Row>(sql: string) => (await database.query(sql)).rows as Row[];

  return {
    deno,
    queue: supabaseQueue({ client }),
    rows,

    /** Forgets everything, and saves the definitions: windows as short as five runs a batch allow. */
    async reset(): Promise<void> {
      await rows("truncate series, bars, coverage, quarantine, job_definitions, job_runs, job_queue, job_leases");
      const windowDays = { m15: 3, h1: 16, h4: 3, d1: 30 };
      const jobs = defineJobs({ label: "US_BATCH", symbols: SEED_SYMBOLS, windowDays });
      const isSmallest = (job: (typeof jobs)[number]) => job.label === "US_BATCH_2" && job.timeframe === "1Hour";
      await saveJobs(
        client,
        jobs.map((job) => (isSmallest(job) ? { ...job, windowDays: 80 } : job)),
      );
    },

    async serveAlpaca(options: Partial<AlpacaSimulatorOptions> = {}) {
      const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 1_000_000, ...options });
      return { ...(await simulator.serve()), stats: simulator.stats };
    },

    /**
     * All of the environment of a function. `batchUrl` as the example has it: `none`, or where the batch function is.
     */
    settings: (alpacaUrl: string, batchUrl: string): Record<string, string> => ({
      SUPABASE_URL: project.url,
      // As a project has both: the older one is disabled.
      SUPABASE_SECRET_KEYS: JSON.stringify({ default: project.keys.secret }),
      SUPABASE_SERVICE_ROLE_KEY: "disabled",
      ALPACA_KEY_ID: "key",
      ALPACA_SECRET_KEY: "secret",
      ALPACA_BASE_URL: alpacaUrl,
      ALPACA_REQUESTS_PER_MINUTE: "100000",
      BARFILL_SECRET: SECRET,
      BARFILL_BATCH_URL: batchUrl,
    }),

    /** Fails unless every run of both batches succeeded, and the query of the old system shows what was asked for. */
    async expectAllDone(): Promise<void> {
      const counts = await supabaseQueue({ client }).counts();
      expect(counts.map(({ label, state }) => [label, state])).toEqual([
        ["US_BATCH_1", "success"],
        ["US_BATCH_2", "success"],
      ]);
      const proof = await rows<{ symbol: string; success: unknown; total_bars: unknown }>(SEED_QUERY);
      const bars = proof.map(({ total_bars }) => Number(total_bars));
      expect(proof.map(({ symbol }) => symbol).sort()).toEqual(["US_BATCH_1", "US_BATCH_2"]);
      for (const { symbol, success, total_bars } of proof) {
        expect(Number(success)).toBeGreaterThanOrEqual(5);
        expect(Number(total_bars)).toBeGreaterThanOrEqual(symbol === "US_BATCH_1" ? 2500 : 550);
      }
      const [held] = await rows<{ bars: number }>("select count(*)::int as bars from bars");
      expect(held?.bars).toBe(bars.reduce((sum, one) => sum + one, 0));
    },

    close: () => Promise.all([deno.close(), project.close()]),
  };
}

/** Calls a function as pg_cron does. */
export const act = (one: RunningFunction, action: string) => post(one, `orchestrator?action=${action}`, {});

export async function post({ url }: RunningFunction, path: string, body: unknown) {
  const response = await fetch(`${url}/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}` },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  return (await response.json()) as any;
}

/** Ticks until nothing is queued or running; returns the answers. */
export async function tickUntilDone(orchestrator: RunningFunction) {
  const answers = [];
  do answers.push(await act(orchestrator, "tick"));
  while (answers.length < 20 && (answers.at(-1).queued > 0 || answers.at(-1).running > 0));
  return answers;
}

/** The events of a function's log, in order. */
export function eventsOf({ lines }: RunningFunction): { event: string; msg: string; level: number; stuck?: boolean }[] {
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}
