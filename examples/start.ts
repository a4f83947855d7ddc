// The main job: 61 symbols, four timeframes. Against a local Alpaca; against the real one with keys in the environment.
import { createBackfill, jobRequest, type Plan } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";
import { printPlan, printReport } from "./start/print.ts";
import { watchProgress } from "./start/progress.ts";
import { openTarget } from "./start/target.ts";
import { JOBS } from "./workload.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort(new Error("stopped by Ctrl-C")));

const target = await openTarget(process.env);
try {
  const progress = watchProgress(process.stdout);
  const backfill = createBackfill({
    source: alpacaStocks(target.source),
    store: memoryStore(),
    queue: memoryQueue(),
    requestsPerMinute: target.requestsPerMinute,
    observer: progress.observe,
  });
  const requests = JOBS.map((job) => jobRequest(job, Date.now()));
  const plan: Plan = await backfill.plan(requests);
  printPlan(plan, target);
  progress.start(plan);
  const report = await backfill.run(requests, { signal: stop.signal });
  progress.stop();
  await printReport(report, target, JOBS);
  process.exitCode = report.complete ? 0 : report.halted === undefined ? 2 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await target.close();
}
