import { RUN_STATES, type RunCounts } from "../../contracts/slice-queue.ts";
import { groupBy } from "../../model/group-by.ts";
import { systemClock } from "../../system-clock.ts";
import { EXIT } from "../exit-code.ts";
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
  const { terminal, flags } = invocation;
  const intervalMs = 1000 * (numberIn(flags, "interval", { least: 0.1, fractions: true }) ?? 2);
  const { label, ...filter } = filterIn(invocation);
  return withTarget(openTarget(targetInput(invocation)), async ({ queue }) => {
    const stop = watchForStop(terminal, () => {});
    try {
      // What is misspelt is refused; what is pruned later is not.
      if (label !== undefined) await filtersOf({ label }, queue);
      let before = "";
      for (;;) {
        const all = await queue.counts(filter);
        const counts = label === undefined ? all : all.filter((one) => isMeantBy(label, one.label));
        const now = JSON.stringify(counts);
        if (now !== before) show(terminal, counts, before !== "");
        before = now;
        if (flags["watch"] !== true || isDrained(counts) || stop.signal.aborted) return EXIT.complete;
        await systemClock.sleep(intervalMs, stop.signal).catch(() => {});
      }
    } finally {
      stop.end();
    }
  });
};

function show(terminal: Terminal, counts: readonly RunCounts[], again: boolean): void {
  if (terminal.json) {
    terminal.answer({ counts });
    return;
  }
  // To the top of the screen, and everything below it gone.
  if (again && terminal.out.isTTY) terminal.out.write("\x1b[H\x1b[J");
  else if (again) terminal.print();
  for (const line of statusLines(counts)) terminal.print(line);
}

/** One row a label; the last one is the sum. */
export function statusLines(counts: readonly RunCounts[]): string[] {
  if (counts.length === 0) return ["the queue is empty"];
  const labels = [...groupBy(counts, ({ label }) => label ?? "")];
  const rows = labels.map(([label, group]) => [label || "(no label)", ...cellsOf(group)]);
  const sum = labels.length > 1 ? [["all", ...cellsOf(counts)]] : [];
  return table(["label", ...RUN_STATES, "bars"], [...rows, ...sum]);
}

function cellsOf(counts: readonly RunCounts[]): string[] {
  const runsIn = (state: string) =>
    counts.filter((one) => one.state === state).reduce((sum, { runs }) => sum + runs, 0);
  return [...RUN_STATES.map((state) => count(runsIn(state))), count(counts.reduce((sum, { bars }) => sum + bars, 0))];
}

function isDrained(counts: readonly RunCounts[]): boolean {
  return counts.every(({ state }) => state !== "queued" && state !== "running");
}
