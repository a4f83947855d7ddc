// What a terminal is shown, and what a pipe and NO_COLOR are not.
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "../../src/adapters/postgres/index.ts";
import { alpacaSimulator, type SimulatorServer, syntheticMarket } from "../../src/testing/index.ts";
import { openServer, type ServerDatabase } from "../support/postgres.ts";
import { typed } from "../support/typed.ts";

const WISH = ["--symbols", "SPY,IBM", "--timeframes", "d1", "--start", "2023-06-01", "--end", "2023-07-01"];
const WIDER = [...WISH.slice(0, -1), "2023-08-01"];
const CODE = "\x1b[";

let database: ServerDatabase;
let server: SimulatorServer;
let env: Record<string, string>;
beforeAll(async () => {
  database = await openServer();
  server = await alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 100_000 }).serve();
  const schema = database.freshSchema();
  await migrate(database.client, { schema });
  env = { DATABASE_URL: database.url, BARFILL_SCHEMA: schema, BARFILL_BASE_URL: server.url };
});
afterAll(async () => {
  await server.close();
  await database.close();
});

test("a map has colours on a terminal", async () => {
  expect((await typed(["gaps", ...WISH], env, { columns: 80 })).stdout).toContain(CODE);
});

test.each<[string, Record<string, string>, readonly string[], number | undefined]>([
  ["in a pipe", {}, [], undefined],
  ["with NO_COLOR", { NO_COLOR: "1" }, [], 80],
  ["on a dumb terminal", { TERM: "dumb" }, [], 80],
  ["in JSON", {}, ["--json"], 80],
])("and none %s", async (_, more, words, columns) => {
  const options = columns === undefined ? {} : { columns };
  const { stdout, stderr } = await typed(["gaps", ...WISH, ...words], { ...env, ...more }, options);
  expect(stdout).toContain("IBM");
  expect(stdout + stderr).not.toContain("\x1b");
});

test("an empty NO_COLOR is none", async () => {
  expect((await typed(["gaps", ...WISH], { ...env, NO_COLOR: "" }, { columns: 80 })).stdout).toContain(CODE);
});

test("a map is as wide as its terminal", async () => {
  const plain = { ...env, NO_COLOR: "1" };
  for (const columns of [60, 100]) {
    const { stdout } = await typed(["gaps", ...WIDER], plain, { columns });
    const [row = ""] = stdout.split("\n").filter((line) => line.startsWith("IBM"));
    expect(row.length).toBeGreaterThan(columns - 18);
    expect(row.length).toBeLessThanOrEqual(columns);
  }
});

test("what is drawn over on a terminal is a few lines elsewhere, without a code", async () => {
  const live = await typed(["run", ...WISH], env, { columns: 80 });
  expect(live.stderr.endsWith("\r\x1b[K")).toBe(true);
  expect(live.stdout).not.toContain("\x1b");
  const piped = await typed(["run", ...WIDER], env);
  expect(piped.stderr).toMatch(/^ 100 % {2}\d\/\d slices/m);
  expect(piped.stdout + piped.stderr).not.toContain("\x1b");
});
