import { expect, test } from "vitest";
import { literal } from "../../../src/adapters/postgres/store/arrays.ts";
import { openPglite } from "../../support/postgres.ts";

test("an array literal brings every text and number as it is, and null for what is absent", async () => {
  const { client, close } = await openPglite();
  try {
    const texts = ["plain", "", " ", "null", "NULL", "a,b", "{c}", "ü€", "🙂", null];
    // What JSON would escape is another text to PostgreSQL.
    for (const odd of [[], ['d"e'], ["f\\g"], ["h\ni"], ["\u007f\u0001"]]) {
      const list = [...texts, ...odd];
      const { rows } = await client.query<{ list: unknown }>("select $1::text[] as list", [literal(list)]);
      expect(rows[0]?.list).toEqual(list);
    }
    const numbers = [1.5, -0.25, Number.NaN, Number.POSITIVE_INFINITY, undefined, 1e21];
    const { rows } = await client.query<{ list: unknown }>("select $1::float8[] as list", [literal(numbers)]);
    expect(rows[0]?.list).toEqual(numbers.map((number) => number ?? null));
    expect(literal([])).toBe("{}");
  } finally {
    await close();
  }
});
