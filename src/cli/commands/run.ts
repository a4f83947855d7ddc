import { defined } from "../../model/defined.ts";
import type { Report } from "../../model/report.ts";
import { MINUTE_MS } from "../../model/units.ts";
import { pagesIn } from "../../planners/estimate.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { backfillOf, type Command, progressOf, targetInput, wishIn, withTarget } from "../invocation.ts";
import { warnOfMadeUp } from "../made-up.ts";
import type { ProgressLine } from "../progress-line.ts";
import { expectedRate, rateOf, rateText } from "../rate.ts";
import { reportLines } from "../report-text.ts";
import { openSource } from "../source.ts";
import { watchForStop } from "../stop.ts";
import { openTarget } from "../target/target.ts";
import { count, duration, plural } from "../text/words.ts";

export const run: Command = async (invocation) => {
  const { terminal, settings, flags, clock } = invocation;
  const source = openSource(invocation);
  // Before a folder is made for it. What is saved is in one that there is.
  const isSaved = flags["saved"] === true;
  const typed = isSaved ? undefined : await wishIn(invocation, undefined);
  return withTarget(openTarget({ ...targetInput(invocation), create: !isSaved }), async (target) => {
    await warnOfMadeUp(target, invocation);
    const rate = rateOf(settings);
    let progress: ProgressLine | undefined;
    const backfill = backfillOf(invocation, { target, source, observer: (event) => progress?.observe(event) });
    const stop = watchForStop(terminal, (signal) => terminal.note(`${signal}: handing back what is in hand`));
    const started = clock.now();
    try {
      let refused = 0;
      const requests = typed ?? (await wishIn(invocation, target, () => refused++));
      const plan = await backfill.plan(requests);
      const { slices, estimate } = plan;
      const left = await target.queue.open({ provider: source.provider });
      // Of what is left as much may be covered already; its estimate is of all of it.
      const requestsExpected = estimate.requests.expected + pagesIn(left);
      terminal.note(
        `barfill: into ${target.name}: ${plural(slices.length, "new slice")}` +
          (left.length === 0 ? "" : `, ${count(left.length)} left from before`) +
          `, ${plural(requestsExpected, "request")} expected${left.length === 0 ? "" : " at most"}, ` +
          `${duration((requestsExpected * MINUTE_MS) / expectedRate(rate))} at ${rateText(rate)}`,
      );
      await backfill.enqueue(plan);
      const totals = { slices: slices.length + left.length, requests: requestsExpected, rate };
      progress = progressOf(invocation, totals);
      const done = await backfill.work({ signal: stop.signal });
      progress.stop();
      const report = { ...(await backfill.report(plan, done)), elapsedMs: clock.now() - started };
      const stoppedBy = stop.stoppedBy();
      if (terminal.json) terminal.answer({ ...report, ...defined({ stoppedBy }) });
      else {
        for (const line of reportLines(report)) terminal.print(line);
        if (stoppedBy !== undefined) terminal.print(`stopped by ${stoppedBy}; run it again to go on`);
      }
      // Of a job that could not be planned the report knows nothing.
      return exitOf(refused === 0 ? report : { ...report, complete: false });
    } finally {
      progress?.stop();
      stop.end();
    }
  });
};

function exitOf({ complete, halted }: Report): ExitCode {
  if (halted !== undefined) return EXIT.failed;
  return complete ? EXIT.complete : EXIT.incomplete;
}
