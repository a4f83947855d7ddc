import type { Quarantine } from "../../contracts/quarantine.ts";
import { databaseOf } from "./client.ts";
import { DEFAULT_SCHEMA, quoteSchema } from "./schema.ts";
import { textLiteral } from "./store/arrays.ts";
import type { PostgresOptions } from "./store/postgres-store.ts";
import { epochMs, timeText } from "./store/times.ts";

/**
 * A {@link Quarantine} beside the bars, shared by all who use the schema. A symbol that is added again keeps its first
 * reason and time. `list` goes by code point and may be empty. Rejects with {@link StoreError}.
 */
export function postgresQuarantine({ client, schema = DEFAULT_SCHEMA }: PostgresOptions): Quarantine {
  const database = databaseOf(client);
  const table = `${quoteSchema(schema)}.quarantine`;
  return {
    async add({ provider, symbol, reason, since }) {
      await database.query(
        `insert into ${table} (provider, symbol, reason, since) values ($1, $2, $3, $4) on conflict do nothing`,
        [provider, symbol, reason, timeText(since)],
      );
    },
    list: (provider) =>
      database.query(
        `select provider, symbol, reason, ${epochMs("since")} as since from ${table} where provider = $1 order by symbol`,
        [provider],
      ),
    async lift(provider, symbols) {
      const lifted = await database.query(
        `delete from ${table} where provider = $1 and symbol = any($2::text[]) returning symbol`,
        [provider, textLiteral(symbols)],
      );
      return lifted.length;
    },
  };
}
