import { databaseOf } from "../adapters/postgres/client.ts";
import { quoteSchema } from "../adapters/postgres/schema.ts";
import { isBarfillError } from "../errors.ts";
import type { Invocation } from "./invocation.ts";
import { isLocal } from "./source.ts";
import type { DatabaseTarget } from "./target/target.ts";

const FILLED_FROM = "barfill: filled from ";

/**
 * To a store a bar is a bar: who tries the simulator, and then asks Alpaca into the same tables, is told that all is
 * held, of bars that are made up. So that a local service filled them is noted, as a comment on a table, and who asks
 * another one later is warned.
 *
 * Rejected: a provider of its own for what is local. What is tried is to be what is used later.
 */
export async function warnOfMadeUp(
  { client, schema, name }: DatabaseTarget,
  { settings: { baseUrl }, terminal }: Pick<Invocation, "settings" | "terminal">,
): Promise<void> {
  const database = databaseOf(client);
  const table = `${quoteSchema(schema)}.series`;
  const [row] = await database.query<{ note: string | null }>("select obj_description($1::regclass) as note", [table]);
  const noted = row?.note?.startsWith(FILLED_FROM) ? row.note.slice(FILLED_FROM.length) : undefined;
  if (baseUrl === undefined || !isLocal(baseUrl)) {
    if (noted === undefined) return;
    terminal.note(
      `warning: ${name} was filled from ${noted}, and what is held is not asked for again. ` +
        "If that was the simulator, use another --schema or --folder",
    );
  } else if (noted === undefined && !row?.note) {
    try {
      await database.query(`comment on table ${table} is '${FILLED_FROM}${new URL(baseUrl).origin}'`, []);
    } catch (error) {
      // Only the owner may, and two at once may not; it is a note.
      if (!isBarfillError(error, "STORE_FAILED")) throw error;
    }
  }
}
