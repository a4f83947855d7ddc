import { EXIT } from "../exit-code.ts";
import { type Command, filterIn, targetInput, withTarget } from "../invocation.ts";
import { openTarget } from "../target/target.ts";
import { plural } from "../text/words.ts";

export const retry: Command = async (invocation) => {
  const { terminal } = invocation;
  const filter = filterIn(invocation);
  const requeued = await withTarget(openTarget(targetInput(invocation)), ({ queue }) => queue.requeue(filter));
  if (terminal.json) terminal.answer({ requeued });
  else terminal.print(`${plural(requeued, "failed run")} back in the queue`);
  return EXIT.complete;
};
