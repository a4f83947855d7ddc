import type { Quarantine, QuarantinedSymbol } from "../../contracts/quarantine.ts";
import type { EpochMs } from "../../model/interval.ts";
import { databaseOf } from "./client.ts";
import { DEFAULT_SCHEMA, quoteSchema } from "./schema.ts";
import { textLiteral } from "./store/arrays.ts";
import type { PostgresOptions } from "./store/postgres-store.ts";
import { epochMs, timeText } from "./store/times.ts";

/**
 * A {@link Quarantine} beside the bars, shared by all who use the schema. A symbol that is added again keeps its first
 * entry until that one is over. `list` goes by code point and may be empty. Rejects with {@link StoreError}.
 */
export function postgresQuarantine({ client, schema = DEFAULT_SCHEMA }: PostgresOptions): Quarantine {
  const database = databaseOf(client);
  const table = `${quoteSchema(schema)}.quarantine`;
  return {
    async add({ provider, symbol, reason, since, until }) {
      await database.query(
        `insert into ${table} as q (provider, symbol, reason, since, until) values ($1, $2, $3, $4, $5)
         on conflict (provider, symbol) do update
         set reason = excluded.reason, since = excluded.since, until = excluded.until where q.until <= excluded.since`,
        [provider, symbol, reason, timeText(since), until === undefined ? null : timeText(until)],
      );
    },
    async list(provider) {
      const rows = await database.query<QuarantinedSymbol & { readonly until: EpochMs | null }>(
        `select provider, symbol, reason, ${epochMs("since")} as since, ${epochMs("until")} as until
         from ${table} where provider = $1 order by symbol`,
        [provider],
      );
      return rows.map(({ until, ...entry }) => (until === null ? entry : { ...entry, until }));
    },
    async lift(provider, symbols) {
      const lifted = await database.query(
        `delete from ${table} where provider = $1 and symbol = any($2::text[]) returning symbol`,
        [provider, textLiteral(symbols)],
      );
      return lifted.length;
    },
  };
}
