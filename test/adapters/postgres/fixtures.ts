import type pg from "pg";
import {
  migrate,
  type PostgresClient,
  type PostgresPool,
  postgresStore,
} from "../../../src/adapters/postgres/index.ts";
import type { BarStore } from "../../../src/contracts/bar-store.ts";
import type { TestDatabase } from "../../support/postgres.ts";

/** A store in a schema of its own, through `client` where it is not the suite's. */
export async function freshStore(
  database: TestDatabase,
  client: PostgresClient = database.client,
): Promise<{ readonly schema: string; readonly store: BarStore }> {
  const schema = database.freshSchema();
  await migrate(database.client, { schema });
  return { schema, store: postgresStore({ client, schema }) };
}

/** `pool`, and what is said on its connections within transactions: a function by its name, COPY as `copy`. */
export function overheard(pool: pg.Pool): { readonly client: PostgresPool; readonly said: string[] } {
  const said: string[] = [];
  const client: PostgresPool = {
    totalCount: 0,
    query: (text, values) => pool.query(text, values),
    async connect() {
      const connection = await pool.connect();
      return new Proxy(connection, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== "function") return value;
          return (...args: unknown[]) => {
            if (name === "query") {
              const text = typeof args[0] === "string" ? args[0] : Reflect.get(Object(args[0]), "text");
              said.push(text === undefined ? "copy" : (/"\.(\w+)\(/.exec(text)?.[1] ?? text));
            }
            return Reflect.apply(value, target, args);
          };
        },
      });
    },
  };
  return { client, said };
}
