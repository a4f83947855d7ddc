import type { Quarantine } from "../../contracts/quarantine.ts";
import { databaseOf } from "./client.ts";
import { quarantineOnFunctions } from "./quarantine-on-functions.ts";
import { DEFAULT_SCHEMA } from "./schema.ts";
import { sqlFunctions } from "./sql-functions.ts";
import type { PostgresOptions } from "./store/postgres-store.ts";

/**
 * A {@link Quarantine} beside the bars, shared by all who use the schema. A symbol that is added again keeps its first
 * reason and time. `list` goes by code point and may be empty. Rejects with {@link StoreError}.
 */
export function postgresQuarantine({ client, schema = DEFAULT_SCHEMA }: PostgresOptions): Quarantine {
  return quarantineOnFunctions(sqlFunctions(databaseOf(client), schema));
}
