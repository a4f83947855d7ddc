import { runHistory } from "../../adapters/postgres/index.ts";
import { RUN_STATES, type RunCounts } from "../../contracts/slice-queue.ts";
import { runsIn } from "../../executor/runs-in.ts";
import { groupBy } from "../../model/group-by.ts";
import type { Label } from "../../model/names.ts";
import { sum } from "../../model/sum.ts";
import { EXIT } from "../exit-code.ts";
import { type FailedRuns, failedLines, failedRuns } from "../failed-runs.ts";
import { type Command, targetInput, withTarget } from "../invocation.ts";
import { isMeantBy } from "../labels.ts";
import { numberIn } from "../numbers.ts";
import { watchForStop } from "../stop.ts";
import { openTarget } from "../target/target.ts";
import type { Terminal } from "../terminal.ts";
import { table } from "../text/table.ts";
import { count } from "../text/words.ts";
import { filterIn, filtersOf } from "../which-runs.ts";

export const status: Command = async (invocation) => {
  const { terminal, flags, clock } = invocation;
  const intervalMs = 1000 * (numberIn(flags, "interval", { least: 0.1, fractions: true }) ?? 2);
  const { label, ...filter } = filterIn(invocation);
  return withTarget(openTarget(targetInput(invocation)), async ({ queue, client, schema }) => {
    const stop = watchForStop(terminal, () => {});
    try {
      // What is misspelt is refused; what is pruned later is not.
      if (label !== undefined) await filtersOf({ label }, queue);
      let before = "";
      for (;;) {
        const all = await queue.counts(filter);
        const isMeant = (one: { readonly label?: Label }) => label === undefined || isMeantBy(label, one.label);
        const counts = all.filter(isMeant);
        const now = JSON.stringify(counts);
        if (now !== before) {
          const { runs } = counts.some(({ state }) => state === "failed")
            ? await runHistory(client, { schema, states: ["failed"] })
            : { runs: [] };
          const meant = runs.filter((one) => isMeant(one) && (filter.timeframe ?? one.timeframe) === one.timeframe);
          show(terminal, { counts, failed: failedRuns(meant) }, before !== "");
        }
        before = now;
        if (flags["watch"] !== true || isDrained(counts) || stop.signal.aborted) return EXIT.complete;
        await clock.sleep(intervalMs, stop.signal).catch(() => {});
      }
    } finally {
      stop.end();
    }
  });
};

/** What `barfill status --json` prints. */
interface StatusAnswer {
  readonly counts: readonly RunCounts[];
  /** Why runs failed. */
  readonly failed: readonly FailedRuns[];
}

function show(terminal: Terminal, answer: StatusAnswer, again: boolean): void {
  if (terminal.json) {
    terminal.answer(answer);
    return;
  }
  // To the top of the screen, and everything below it gone.
  if (again && terminal.out.isTTY) terminal.out.write("\x1b[H\x1b[J");
  else if (again) terminal.print();
  for (const line of [...statusLines(answer.counts), ...failedLines(answer.failed)]) terminal.print(line);
}

/**
 * One row a label; the last one is the sum. Bars are what the runs committed last, which is not what the store holds.
 */
export function statusLines(counts: readonly RunCounts[]): string[] {
  if (counts.length === 0) return ["the queue is empty"];
  const labels = [...groupBy(counts, ({ label }) => label ?? "")];
  const rows = labels.map(([label, group]) => [label || "(no label)", ...cellsOf(group)]);
  const sum = labels.length > 1 ? [["all", ...cellsOf(counts)]] : [];
  return table(["label", ...RUN_STATES, "bars by runs"], [...rows, ...sum]);
}

function cellsOf(counts: readonly RunCounts[]): string[] {
  return [...RUN_STATES.map((state) => count(runsIn(counts, state))), count(sum(counts, ({ bars }) => bars))];
}

function isDrained(counts: readonly RunCounts[]): boolean {
  return counts.every(({ state }) => state !== "queued" && state !== "running");
}
