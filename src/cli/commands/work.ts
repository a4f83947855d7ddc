import type { RunCounts } from "../../contracts/slice-queue.ts";
import { toRunError } from "../../executor/retry.ts";
import { runsIn } from "../../executor/runs-in.ts";
import { defined } from "../../model/defined.ts";
import { MINUTE_MS } from "../../model/units.ts";
import { pagesIn } from "../../planners/estimate.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { failedRunsLacking } from "../failed-runs.ts";
import { backfillOf, type Command, progressOf, targetInput, withTarget } from "../invocation.ts";
import { warnOfMadeUp } from "../made-up.ts";
import { numberIn } from "../numbers.ts";
import type { WorkTotals } from "../progress-line.ts";
import { rateOf } from "../rate.ts";
import { type Rounds, workRounds } from "../rounds.ts";
import { openSource } from "../source.ts";
import { watchForStop } from "../stop.ts";
import { arrivalsOf } from "../target/arrivals.ts";
import { openTarget, type Target } from "../target/target.ts";
import { count, duration, plural } from "../text/words.ts";

export const work: Command = async (invocation) => {
  const { terminal, flags, settings, clock } = invocation;
  const maxRuns = numberIn(flags, "maxRuns", { least: 1 });
  const maxMinutes = numberIn(flags, "maxMinutes", { least: 0, fractions: true });
  const source = openSource(invocation);
  const input = targetInput(invocation);
  return withTarget(openTarget(input), async (target) => {
    await warnOfMadeUp(target, invocation);
    const started = clock.now();
    const stay = flags["stay"] === true;
    const progress = progressOf(invocation, {
      ...(await totalsOf(target, source.provider, stay)),
      rate: rateOf(settings),
    });
    const stop = watchForStop(terminal, (signal) => terminal.note(`${signal}: handing back what is in hand`));
    try {
      const arrivals = await arrivalsOf(target, input);
      const backfill = backfillOf(invocation, { target, source, observer: progress.observe, arrivals });
      const options = {
        signal: stop.signal,
        ...defined({ maxRuns }),
        ...(maxMinutes === undefined ? {} : { deadline: started + maxMinutes * MINUTE_MS }),
      };
      const done = await workRounds({ backfill, clock, arrivals, stay, options });
      progress.stop();
      const left = await target.queue.counts({ provider: source.provider, states: ["queued", "running", "failed"] });
      const lacking = runsIn(left, "failed") === 0 ? 0 : await failedRunsLacking(target, source.provider);
      const answer = answerOf(done, { left, lacking }, clock.now() - started, stop.stoppedBy());
      if (terminal.json) terminal.answer(answer);
      else {
        const { runs } = answer;
        terminal.print(
          `${answer.ended}: ${plural(runs.success, "run")} done, ${count(runs.failed)} failed, ${count(runs.returned)} handed back; ` +
            `${plural(answer.requests, "request")} and ${plural(answer.bars, "bar")} in ${duration(answer.elapsedMs)}`,
        );
        if (answer.halted !== undefined) terminal.print(`halted: ${answer.halted.message}`);
        terminal.print(
          `left: ${count(answer.left.queued)} queued, ${count(answer.left.running)} running, ${count(answer.left.failed)} failed` +
            (answer.left.failed === 0 ? "" : `, ${count(lacking)} of which still lack bars`),
        );
      }
      return exitOf(answer);
    } finally {
      progress.stop();
      stop.end();
    }
  });
};

/** Of one that stays nobody knows how much it will be. */
async function totalsOf({ queue }: Target, provider: string, stay: boolean): Promise<Omit<WorkTotals, "rate">> {
  if (stay) return { slices: 0, requests: 0 };
  const open = await queue.open({ provider });
  return { slices: open.length, requests: pagesIn(open) };
}

type Answer = ReturnType<typeof answerOf>;

/** What `barfill work --json` prints. */
function answerOf(
  { ended, halted, ...sums }: Rounds,
  { left, lacking }: { readonly left: readonly RunCounts[]; readonly lacking: number },
  elapsedMs: number,
  stoppedBy: NodeJS.Signals | undefined,
) {
  return {
    ended: stoppedBy === undefined ? ended : "stopped",
    ...defined({ stoppedBy }),
    ...(halted === undefined ? {} : { halted: toRunError(halted) }),
    ...sums,
    elapsedMs,
    /**
     * In the queue of this source, whoever works on it. `lacking` are those of `failed` whose bars did not come since.
     */
    left: { queued: runsIn(left, "queued"), running: runsIn(left, "running"), failed: runsIn(left, "failed"), lacking },
  };
}

function exitOf({ halted, runs, left }: Answer): ExitCode {
  if (halted !== undefined) return EXIT.failed;
  return left.queued + left.running + left.lacking + runs.failed === 0 ? EXIT.complete : EXIT.incomplete;
}
