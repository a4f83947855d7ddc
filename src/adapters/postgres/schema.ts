import { OptionsError } from "../../errors.ts";

export const DEFAULT_SCHEMA = "barfill";

/** PostgreSQL: names are cut at 63 bytes. */
const MOST_BYTES = 63;

/** `schema` as a quoted identifier. Throws {@link OptionsError} for what PostgreSQL would cut or what would end a dollar quote. */
export function quoteSchema(schema: string): string {
  const bytes = new TextEncoder().encode(schema).length;
  if (bytes === 0 || bytes > MOST_BYTES || /[\0$]/.test(schema)) {
    const expected = `a name of 1 to ${MOST_BYTES} bytes without "$"`;
    throw new OptionsError([{ path: "schema", expected, received: JSON.stringify(schema.slice(0, 80)) }]);
  }
  return `"${schema.replaceAll('"', '""')}"`;
}
