import type { PostgresConnection, QueryResult } from "../client.ts";
import { isPg } from "./copy.ts";

type Parser = (text: string) => unknown;

/** PostgreSQL, pg_type.dat: what barfill's statements answer in, beside what stays text. */
const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [16, (text) => text === "t"], // bool
  [23, Number], // int4
  [114, JSON.parse], // json
  [701, Number], // float8
  [1007, (text) => JSON.parse(`[${text.slice(1, -1).replaceAll("NULL", "null")}]`)], // int4[]
  [3802, JSON.parse], // jsonb
]);

const TYPES = { getTypeParser: (type: number): Parser => PARSERS.get(type) ?? String };

/**
 * One statement with `values`, or several without. A connection of `pg` is told what becomes of the answer, because the
 * process may have told all of `pg` otherwise (`pg.types.setTypeParser`): to leave JSON as text, to make BigInts. Any
 * other client answers as it does, and so does one that was made to answer in binary.
 */
export function ask(connection: PostgresConnection, text: string, values?: unknown[]): Promise<QueryResult> {
  if (!isPg(connection) || Reflect.get(connection, "binary")) return connection.query(text, values);
  return connection.query({ text, values, types: TYPES });
}
