import { readdirSync, readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { describe, expect, it } from "vitest";
import { missingKey, secretKeysIn } from "../../examples/supabase/supabase/functions/_shared/secret-keys.ts";
import { supabaseMigrations } from "../../src/adapters/supabase/index.ts";

const FOLDER = new URL("../../examples/supabase/supabase/", import.meta.url);
const MIGRATIONS = new URL("migrations/", FOLDER);
const SCHEDULE = "20260101000000_barfill_schedule.sql";

describe("examples/supabase", () => {
  it("has barfill's migrations (npx tsx scripts/write-supabase-example.ts)", () => {
    const files = readdirSync(MIGRATIONS)
      .filter((name) => name !== SCHEDULE)
      .map((name) => ({ name, sql: readFileSync(new URL(name, MIGRATIONS), "utf8") }));
    expect(files).toEqual(supabaseMigrations());
  });

  it("has the schedule before all of them, so that later ones still come in order", () => {
    expect(readdirSync(MIGRATIONS).sort()[0]).toBe(SCHEDULE);
  });

  it("configures every function there is", () => {
    const functions = readdirSync(new URL("functions/", FOLDER), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
      .map(({ name }) => name);
    const config = readFileSync(new URL("config.toml", FOLDER), "utf8");
    const configured = [...config.matchAll(/^\[functions\.(.+)\]$/gm)].map(([, name]) => name);
    expect(configured.sort()).toEqual(functions.sort());
  });

  describe("secret keys of the project", () => {
    const OLD = { SUPABASE_SERVICE_ROLE_KEY: "old" };
    const given: [string, Record<string, string>, ReturnType<typeof secretKeysIn>][] = [
      ["none", {}, {}],
      ["empty ones", { SUPABASE_SECRET_KEYS: "", SUPABASE_SERVICE_ROLE_KEY: "" }, {}],
      ["the older one alone", OLD, OLD],
      ["a project without new ones", { ...OLD, SUPABASE_SECRET_KEYS: "{}" }, OLD],
      [
        "both, of which the older one opens nothing",
        { ...OLD, SUPABASE_SECRET_KEYS: '{"ci":"sb_secret_b","default":"sb_secret_a"}' },
        { "SUPABASE_SECRET_KEYS.default": "sb_secret_a", "SUPABASE_SECRET_KEYS.ci": "sb_secret_b" },
      ],
      ["no JSON", { ...OLD, SUPABASE_SECRET_KEYS: "sb_secret_a" }, "malformed"],
      ["a list", { SUPABASE_SECRET_KEYS: '["sb_secret_a"]' }, "malformed"],
      ["null", { SUPABASE_SECRET_KEYS: "null" }, "malformed"],
      ["a key that is no text", { SUPABASE_SECRET_KEYS: '{"default":{"key":"sb_secret_a"}}' }, "malformed"],
      ["an empty key", { SUPABASE_SECRET_KEYS: '{"default":""}' }, "malformed"],
    ];
    it.each(given)("%s", (_, env, expected) => {
      const keys = secretKeysIn(env);
      expect(keys).toEqual(expected);
      // The first one is used.
      expect(Object.entries(keys)).toEqual(Object.entries(expected));
      expect(missingKey(keys)).not.toMatch(/sb_secret|old/);
    });
  });

  it("calls the orchestrator every minute with what the vault holds, and prunes", async () => {
    // The extensions are Supabase's: here, tables note what they are asked for.
    const database = await PGlite.create();
    await database.exec(`
      create schema cron; create schema net; create schema vault;
      create table cron.job (name text primary key, schedule text, command text);
      create table cron.job_run_details (end_time timestamptz);
      create function cron.schedule(n text, s text, c text) returns void language sql as
        'insert into cron.job values (n, s, c) on conflict (name) do update set command = c';
      create function net.http_post(url text, headers jsonb, body jsonb, timeout_milliseconds int) returns jsonb
        language sql as 'select jsonb_build_object(''url'', url, ''headers'', headers, ''timeout'', timeout_milliseconds)';
      create table vault.decrypted_secrets (name text, decrypted_secret text);
      insert into vault.decrypted_secrets values ('barfill_url', 'https://p.supabase.co'), ('barfill_secret', 'it''s ours');
    `);
    for (const { sql } of supabaseMigrations()) await database.exec(sql);
    const sql = readFileSync(new URL(SCHEDULE, MIGRATIONS), "utf8").replace(/^create extension .*$/gm, "");
    await database.exec(sql);
    await database.exec(sql);
    const { rows } = await database.query<{ name: string; schedule: string; command: string }>(
      "select * from cron.job",
    );
    const [tick, prune] = rows;
    expect(rows.map(({ name, schedule }) => [name, schedule])).toEqual([
      ["barfill-tick", "* * * * *"],
      ["barfill-prune", "17 3 * * *"],
    ]);
    const [posted] = (await database.exec(tick?.command ?? "")).flatMap((result) => result.rows);
    expect(posted).toEqual({
      http_post: {
        url: "https://p.supabase.co/functions/v1/orchestrator?action=tick",
        headers: { "content-type": "application/json", authorization: "Bearer it's ours" },
        timeout: 65_000,
      },
    });
    await database.exec(prune?.command ?? "");
    await database.close();
  });
});
