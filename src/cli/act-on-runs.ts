import type { PostgresQueue } from "../adapters/postgres/index.ts";
import type { RunFilter } from "../contracts/slice-queue.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { type Invocation, targetInput, withTarget } from "./invocation.ts";
import { openTarget } from "./target/target.ts";
import { plural } from "./text/words.ts";
import { filtersOf } from "./which-runs.ts";

/** What is done to runs, and what it is called. */
export interface RunAction {
  /** How many it was done to, in the answer. */
  readonly name: string;
  say(runs: number): string;
  act(queue: PostgresQueue, filter: RunFilter): Promise<number>;
}

/** Does it to the runs that `filter` means, and says so. @throws {@link CommandError} for a label that no run has. */
export async function actOnRuns(invocation: Invocation, filter: RunFilter, action: RunAction): Promise<ExitCode> {
  const { terminal } = invocation;
  const { ids } = filter;
  const { runs, notFound } = await withTarget(openTarget(targetInput(invocation)), async ({ queue }) => {
    let runs = 0;
    for (const one of await filtersOf(filter, queue)) runs += await action.act(queue, one);
    return { runs, notFound: ids === undefined ? [] : await unknownTo(queue, ids) };
  });
  if (terminal.json) terminal.answer({ [action.name]: runs, ...(ids === undefined ? {} : { notFound }) });
  else {
    terminal.print(action.say(runs));
    if (notFound.length > 0)
      terminal.print(`${plural(notFound.length, "id")} not in the queue: ${notFound.join(", ")}`);
  }
  // An id that is misspelt must not look like success.
  if (notFound.length === 0) return EXIT.complete;
  return notFound.length === new Set(ids).size ? EXIT.failed : EXIT.incomplete;
}

/** Those of `ids` that `queue` does not know, each once. */
async function unknownTo(queue: PostgresQueue, ids: readonly string[]): Promise<string[]> {
  const known = new Set((await queue.runsBySliceId(ids)).map(({ slice }) => slice.id));
  return [...new Set(ids)].filter((id) => !known.has(id));
}
