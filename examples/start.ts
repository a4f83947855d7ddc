// The main job: 61 symbols, four timeframes, into a Postgres in a folder. Against a local Alpaca; against the real one
// with keys in the environment. Stop it half way, even with kill -9, and start it again: it goes on where it was.
import { createBackfill, jobRequest, type RunCounts } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { migrate, postgresQueue, postgresStore, saveJobs } from "barfill/postgres";
// As the command opens it: PGlite has no lock on its folder, and two processes in it would ruin the files.
import { type OpenClient, openFolder } from "../src/cli/target/open-folder.ts";
import { printPlan, printReport } from "./start/print.ts";
import { watchProgress } from "./start/progress.ts";
import { openTarget } from "./start/target.ts";
import { JOBS } from "./workload.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort(new Error("stopped by Ctrl-C; start again to go on")));

console.log("barfill: 61 symbols, four timeframes; opening the database …");
const target = await openTarget(process.env);
let database: OpenClient | undefined;
try {
  database = await openFolder(target.folder);
  const { client } = database;
  await migrate(client);
  await saveJobs(client, JOBS);
  const progress = watchProgress(process.stdout, target.requestsPerMinute);
  const backfill = createBackfill({
    source: alpacaStocks(target.source),
    store: postgresStore({ client }),
    queue: postgresQueue({ client }),
    requestsPerMinute: target.requestsPerMinute,
    // One process writes to a folder: what a killed one had in hand may be taken up soon.
    leaseMs: 5000,
    observer: progress.observe,
  });
  const requests = JOBS.map((job) => jobRequest(job, Date.now()));
  const plan = await backfill.plan(requests);
  const left = openRuns(await backfill.status());
  printPlan(plan, left, target);
  progress.start(plan.slices.length + left, plan.estimate.requests.expected);
  const report = await backfill.run(requests, { signal: stop.signal }).finally(progress.stop);
  await printReport(report, target, JOBS, left > 0);
  process.exitCode = report.complete ? 0 : report.halted === undefined ? 2 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Error && "hint" in error && !error.message.includes(`${error.hint}`)) console.error(error.hint);
  process.exitCode = stop.signal.aborted ? 2 : 1;
} finally {
  await database?.close();
  await target.close();
}

/** What an earlier start left to do. */
function openRuns(counts: readonly RunCounts[]): number {
  return counts
    .filter(({ state }) => state === "queued" || state === "running")
    .reduce((sum, { runs }) => sum + runs, 0);
}
