import { CommandError } from "../command-error.ts";
import { EXIT } from "../exit-code.ts";
import { type Command, filterIn, targetInput, withTarget } from "../invocation.ts";
import { openTarget } from "../target/target.ts";
import { plural } from "../text/words.ts";

export const cancel: Command = async (invocation) => {
  const { terminal, flags } = invocation;
  const filter = filterIn(invocation);
  if (Object.keys(filter).length === 0 && flags["all"] !== true) {
    const hint = "Pass --label, --timeframe or ids, or --all for every run";
    throw new CommandError("USAGE", "cancel which runs?", { hint });
  }
  const cancelled = await withTarget(openTarget(targetInput(invocation)), ({ queue }) => queue.cancel(filter));
  if (terminal.json) terminal.answer({ cancelled });
  else terminal.print(`${plural(cancelled, "run")} cancelled`);
  return EXIT.complete;
};
