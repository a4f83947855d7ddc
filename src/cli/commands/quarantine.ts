import { systemClock } from "../../system-clock.ts";
import { EXIT } from "../exit-code.ts";
import { type Command, targetInput, withTarget } from "../invocation.ts";
import { describeSource } from "../source.ts";
import { openTarget } from "../target/target.ts";
import { table } from "../text/table.ts";
import { instant, plural } from "../text/words.ts";

export const listQuarantine: Command = async (invocation) => {
  const { terminal } = invocation;
  const { provider } = describeSource(invocation);
  const entries = await withTarget(openTarget(targetInput(invocation)), ({ quarantine }) => quarantine.list(provider));
  // A quarantine keeps what is over, because it has no clock.
  const now = systemClock.now();
  const quarantined = entries.filter(({ until = Number.POSITIVE_INFINITY }) => until > now);
  if (terminal.json) terminal.answer({ quarantined });
  else if (quarantined.length === 0) terminal.print("no symbol is in quarantine");
  else {
    const rows = quarantined.map(({ symbol, since, until, reason }) => {
      return [symbol, instant(since), until === undefined ? "lifted" : instant(until), reason];
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
