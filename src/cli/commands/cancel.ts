import { actOnRuns } from "../act-on-runs.ts";
import { CommandError } from "../command-error.ts";
import type { Command } from "../invocation.ts";
import { plural } from "../text/words.ts";
import { filterIn } from "../which-runs.ts";

export const cancel: Command = async (invocation) => {
  const filter = filterIn(invocation);
  if (Object.keys(filter).length === 0 && invocation.flags["all"] !== true) {
    const hint = "Pass --label, --timeframe or ids, or --all for every run";
    throw new CommandError("USAGE", "cancel which runs?", { hint });
  }
  return actOnRuns(invocation, filter, {
    name: "cancelled",
    say: (runs) => `${plural(runs, "run")} cancelled`,
    act: (queue, one) => queue.cancel(one),
  });
};
