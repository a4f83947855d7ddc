import { EXIT } from "../exit-code.ts";
import { backfillOf, type Command, targetInput, withTarget } from "../invocation.ts";
import { describeSource } from "../source.ts";
import { openTarget } from "../target/target.ts";
import { table } from "../text/table.ts";
import { plural, second } from "../text/words.ts";

export const listQuarantine: Command = async (invocation) => {
  const { terminal } = invocation;
  const source = describeSource(invocation);
  const quarantined = await withTarget(openTarget(targetInput(invocation)), (target) =>
    backfillOf(invocation, { target, source }).quarantine.list(source.provider),
  );
  if (terminal.json) terminal.answer({ quarantined });
  else if (quarantined.length === 0) terminal.print("no symbol is in quarantine");
  else {
    const rows = quarantined.map(({ symbol, since, until, reason }) => {
      return [symbol, second(since), until === undefined ? "lifted" : second(until), reason];
    });
    for (const line of table(["symbol", "since", "until", "reason"], rows, { words: 4 })) terminal.print(line);
  }
  return EXIT.complete;
};

export const liftQuarantine: Command = async (invocation) => {
  const { terminal, operands } = invocation;
  const { provider } = describeSource(invocation);
  const lifted = await withTarget(openTarget(targetInput(invocation)), ({ quarantine }) =>
    quarantine.lift(provider, operands),
  );
  if (terminal.json) terminal.answer({ lifted });
  else terminal.print(`${plural(lifted, "symbol")} may be asked for again`);
  // A symbol that is misspelt must not look like success.
  return lifted === 0 ? EXIT.failed : EXIT.complete;
};
