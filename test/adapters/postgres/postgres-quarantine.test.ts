import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate, postgresQuarantine } from "../../../src/adapters/postgres/index.ts";
import { backends, type TestDatabase } from "../../support/postgres.ts";

const entry = (symbol: string, provider = "alpaca", reason = "invalid symbol") => ({
  provider,
  symbol,
  reason,
  since: 1_704_205_800_123,
});

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  async function fresh() {
    const schema = database.freshSchema();
    await migrate(database.client, { schema });
    return postgresQuarantine({ client: database.client, schema });
  }

  test("lists a provider's entries by symbol, and the first reason and time of each", async () => {
    const quarantine = await fresh();
    expect(await quarantine.list("alpaca")).toEqual([]);
    for (const symbol of ["b", 'A "{,}', "B"]) await quarantine.add(entry(symbol));
    await quarantine.add({ ...entry("B"), reason: "again", since: 1 });
    await quarantine.add(entry("A", "other"));
    expect(await quarantine.list("alpaca")).toEqual([entry('A "{,}'), entry("B"), entry("b")]);
  });

  test("an entry that is over gives way to a new one, and is listed until then", async () => {
    const quarantine = await fresh();
    const first = { ...entry("VIX"), until: entry("VIX").since + 10 };
    await quarantine.add(first);
    await quarantine.add({ ...first, reason: "too soon", since: first.until - 1, until: first.until + 9 });
    expect(await quarantine.list("alpaca")).toEqual([first]);
    const second = { ...first, reason: "again", since: first.until, until: first.until + 10 };
    await quarantine.add(second);
    expect(await quarantine.list("alpaca")).toEqual([second]);
  });

  test("lifts what is there, and says how many", async () => {
    const quarantine = await fresh();
    for (const symbol of ["A", 'B "{,}', "C"]) await quarantine.add(entry(symbol));
    await quarantine.add(entry("A", "other"));
    expect(await quarantine.lift("alpaca", ["A", "A", 'B "{,}', "X"])).toBe(2);
    expect(await quarantine.lift("alpaca", [])).toBe(0);
    expect(await quarantine.list("alpaca")).toEqual([entry("C")]);
    expect(await quarantine.list("other")).toEqual([entry("A", "other")]);
  });
});
