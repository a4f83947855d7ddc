import { migrate } from "../../adapters/postgres/index.ts";
import { EXIT } from "../exit-code.ts";
import { type Command, targetInput, withTarget } from "../invocation.ts";
import { connect } from "../target/target.ts";

export const migrateTables: Command = async (invocation) => {
  const { terminal } = invocation;
  return withTarget(connect({ ...targetInput(invocation), create: true }), async ({ client, schema, name }) => {
    const applied = await migrate(client, { schema });
    if (terminal.json) terminal.answer({ applied, schema });
    else if (applied.length === 0) terminal.print(`nothing to do: schema ${schema} of ${name} is up to date`);
    else terminal.print(`applied ${applied.join(", ")} to schema ${schema} of ${name}`);
    return EXIT.complete;
  });
};
