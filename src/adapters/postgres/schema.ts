import { OptionsError } from "../../errors.ts";

export const DEFAULT_SCHEMA = "barfill";

/** PostgreSQL: names are cut at 63 bytes. */
const MOST_BYTES = 63;

/**
 * `schema` as a quoted identifier. Throws {@link OptionsError} for what PostgreSQL would cut, and for what would end a
 * dollar quote or, as a new line does, a comment.
 */
export function quoteSchema(schema: string): string {
  const bytes = new TextEncoder().encode(schema).length;
  if (bytes === 0 || bytes > MOST_BYTES || /[$\p{Cc}\u2028\u2029]/u.test(schema)) {
    const expected = `a name of 1 to ${MOST_BYTES} bytes without "$" and control characters`;
    throw new OptionsError([{ path: "schema", expected, received: JSON.stringify(schema.slice(0, 80)) }]);
  }
  return `"${schema.replaceAll('"', '""')}"`;
}
