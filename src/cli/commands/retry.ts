import { actOnRuns } from "../act-on-runs.ts";
import type { Command } from "../invocation.ts";
import { plural } from "../text/words.ts";
import { filterIn } from "../which-runs.ts";

export const retry: Command = (invocation) =>
  actOnRuns(invocation, filterIn(invocation), {
    name: "requeued",
    say: (runs) => `${plural(runs, "failed run")} back in the queue`,
    act: (queue, filter) => queue.requeue(filter),
  });
