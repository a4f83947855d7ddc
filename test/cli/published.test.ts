// What needs neither a database nor a store, through the published command.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { supabaseMigrations } from "../../src/adapters/supabase/migrations.ts";
import { command, freshFolder, startCommand } from "../support/command.ts";

test("simulate serves an Alpaca until it is told to stop, and tells what it saw", async () => {
  const words = ["simulate", "--port", "0", "--rate", "600", "--knob", "unauthorized=403-json", "--json"];
  const started = startCommand(words);
  const url = await new Promise<string>((resolve) => {
    started.child.stdout?.once("data", (line) => resolve(JSON.parse(String(line)).url));
  });
  const query = "symbols=SPY&timeframe=1Day&start=2023-01-03&end=2023-01-31";
  const headers = { "APCA-API-KEY-ID": "any", "APCA-API-SECRET-KEY": "any" };
  const answer = await fetch(`${url}/v2/stocks/bars?${query}`, { headers });
  expect(answer.headers.get("x-ratelimit-limit")).toBe("600");
  expect(Object.keys(((await answer.json()) as { bars: object }).bars)).toEqual(["SPY"]);
  expect((await fetch(`${url}/v2/stocks/bars?${query}`)).status).toBe(403);
  started.child.kill("SIGTERM");
  const { code, json } = await started.ended;
  expect([code, json().stats.requests]).toEqual([0, 2]);
});

test("migrations are written as the Supabase CLI wants them", async () => {
  const cwd = await freshFolder();
  const { code, json } = await command(["migrations", "--supabase", "supabase/migrations", "--json"], { cwd });
  expect(code).toBe(0);
  const folder = join(cwd, "supabase", "migrations");
  const files = await Promise.all(
    (await readdir(folder)).sort().map(async (name) => ({ name, sql: await readFile(join(folder, name), "utf8") })),
  );
  expect(files).toEqual(supabaseMigrations());
  expect(json().written).toHaveLength(files.length);
});

test("a secret in the wrong place is not shown", async () => {
  const secret = "hunter2";
  for (const env of [
    { DATABASE_URL: `mysql://me:${secret}@host/db` },
    { DATABASE_URL: `postgres://me:${secret}@127.0.0.1:1/db` },
    { BARFILL_BASE_URL: `ftp://me:${secret}@host` },
    { BARFILL_BASE_URL: `http://me:${secret}@host` },
  ]) {
    const { code, stdout, stderr } = await command(["quarantine", "list"], {
      env: { BARFILL_FOLDER: "nowhere", ...env },
    });
    expect(code).toBeGreaterThan(0);
    expect(stdout + stderr).not.toContain(secret);
  }
});

test("an environment file that is not there is ours to refuse, not Node's", async () => {
  const { code, json } = await command(["status", "--env", "missing.env", "--json"]);
  expect(code).toBe(64);
  expect(json().error.message).toBe("cannot read the environment file missing.env");
});

test("a folder that is misspelt is not made; a plan for a new one needs none", async () => {
  const cwd = await freshFolder();
  const looked = await command(["status", "--folder", "bras", "--json"], { cwd });
  expect([looked.code, looked.json().error.code]).toEqual([64, "USAGE"]);
  const wish = ["--symbols", "SPY", "--timeframes", "d1", "--start", "2023-01-01"];
  const planned = await command(["plan", ...wish, "--folder", "bars", "--json"], { cwd });
  expect([planned.code, planned.json().target]).toEqual([0, `${join(cwd, "bars")}, which is new`]);
  expect(await readdir(cwd)).toEqual([]);
});
