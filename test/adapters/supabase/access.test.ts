import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { migrate } from "../../../src/adapters/postgres/index.ts";
import { partitionRecipe } from "../../support/partition-recipe.ts";
import { startSupabase, supabaseBackends, type TestSupabase } from "../../support/supabase.ts";
import { applyMigrations, rowsOf } from "./fixtures.ts";

interface Relation {
  readonly name: string;
  readonly kind: "table" | "view" | "sequence";
  readonly isSecured: boolean;
  /** Such a one the API does not know. */
  readonly isPartition: boolean;
  /** The name of the first that may be written. */
  readonly column: string;
}

interface Routine {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly isFixed: boolean;
}

/** Whatever is in the schema, by the catalog: what is added later is tested too. */
async function contents(supabase: TestSupabase): Promise<{ relations: Relation[]; routines: Routine[] }> {
  const relations = await rowsOf<Relation>(
    supabase,
    `select relname as name, relrowsecurity as "isSecured", relispartition as "isPartition",
       (select attname from pg_attribute where attrelid = c.oid and attnum > 0 and attidentity = ''
        order by attnum limit 1) as column,
       case relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end as kind
     from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S') order by 1`,
  );
  const routines = await rowsOf<Routine>(
    supabase,
    `select proname as name,
       coalesce(proargnames[1:pronargs]::text[], '{}') as parameters,
       -- Where the body was resolved when it was made, there is nothing to search.
       coalesce(proconfig::text like '%search_path=%', false) or prosqlbody is not null as "isFixed"
     from pg_proc where pronamespace = 'public'::regnamespace order by 1`,
  );
  return { relations, routines };
}

/** True for what the API has by its name. */
function isServed({ kind, isPartition }: Relation): boolean {
  return kind !== "sequence" && !isPartition;
}

const OUTSIDERS = ["anon", "authenticated"];

/** As migrated, and with the table of bars made anew by docs/postgres.md and one more partition. */
const PARTITIONED = `${partitionRecipe("public")}
create table bars_2025 partition of bars for values from ('2025-01-01Z') to ('2026-01-01Z');
select set_access();`;
const MADE = [
  ...supabaseBackends.map((backend) => [backend, "as migrated", ""] as const),
  ["PostgreSQL", "with partitions", PARTITIONED] as const,
];

describe.each(MADE)("on %s, %s", (backend, _, recipe) => {
  let supabase: TestSupabase;
  let relations: Relation[];
  let routines: Routine[];
  // The server says every refusal on the console; here it does little else.
  beforeEach(() => {
    vi.spyOn(console, "error").mockImplementation(() => {});
  });
  beforeAll(async () => {
    supabase = await startSupabase(backend);
    await applyMigrations(supabase);
    const { database } = supabase;
    if (recipe !== "") await ("exec" in database ? database.exec(recipe) : database.query(`begin;${recipe}commit;`));
    await supabase.reload();
    ({ relations, routines } = await contents(supabase));
    expect(relations.filter(({ kind }) => kind === "table").length).toBeGreaterThanOrEqual(9);
    expect(relations.filter(({ kind }) => kind === "sequence").length).toBeGreaterThanOrEqual(4);
    expect(routines.length).toBeGreaterThanOrEqual(30);
  });
  afterAll(() => supabase.close());

  /** The roles that have a privilege on anything in the schema, and on what. */
  async function granted(roles: readonly string[]): Promise<string[]> {
    const found = await rowsOf<{ text: string }>(
      supabase,
      `select r.rolname || ' may ' || p.name || ' ' || c.relname as text
       from pg_roles r, pg_class c,
         unnest(case when c.relkind = 'S' then array['usage', 'select', 'update']
           else array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'] end) as p(name)
       where r.rolname = any($1) and c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
         and case when c.relkind = 'S' then has_sequence_privilege(r.oid, c.oid, p.name)
           else has_table_privilege(r.oid, c.oid, p.name) end
       union all
       select r.rolname || ' may call ' || f.proname
       from pg_roles r, pg_proc f
       where r.rolname = any($1) and f.pronamespace = 'public'::regnamespace
         and has_function_privilege(r.oid, f.oid, 'execute')`,
      [roles],
    );
    return found.map(({ text }) => text);
  }

  test("failure 6, open doors: nothing is granted to the roles of the public key and of users", async () => {
    expect(await granted(OUTSIDERS)).toEqual([]);
  });

  test("every table has row level security and no policy; every function resolves its names by itself", async () => {
    expect(relations.filter(({ kind, isSecured }) => kind === "table" && !isSecured)).toEqual([]);
    expect(await rowsOf(supabase, "select * from pg_policies where schemaname = 'public'")).toEqual([]);
    expect(routines.filter(({ isFixed }) => !isFixed)).toEqual([]);
  });

  describe.each(["publishable", "user"] as const)("failure 6, open doors: with the %s key", (who) => {
    const client = () => supabase.client(supabase.keys[who]);

    test("every table and view refuses to be read, written and emptied", async () => {
      for (const { name, kind, column } of relations.filter(isServed)) {
        const table = () => client().from(name);
        const calls = {
          select: table().select("*"),
          count: table().select("*", { count: "exact", head: true }),
          insert: table().insert({ [column]: null }),
          update: table()
            .update({ [column]: null })
            .not(column, "is", null),
          delete: table().delete().not(column, "is", null),
        };
        for (const [call, answer] of Object.entries(calls)) {
          const { data, error, status } = await answer;
          expect([name, call, data]).toEqual([name, call, null]);
          // An answer to HEAD has no body. Views that nobody can write say so first.
          if (call === "count") expect(status).toBeGreaterThanOrEqual(400);
          else expect(error?.code).toMatch(kind === "view" && call !== "select" ? /^(42501|55000|428C9)$/ : /^42501$/);
        }
      }
    });

    test("every function refuses to be called", async () => {
      for (const { name, parameters } of routines) {
        // One that takes a row cannot be called at all.
        const { data, error } = await client().rpc(
          name,
          Object.fromEntries(parameters.map((parameter) => [parameter, null])),
        );
        expect([name, data, error?.code]).toEqual([name, null, "42501"]);
      }
    });
  });

  test("somebody who grants again opens nothing: row level security is the second lock", async () => {
    const { database, keys } = supabase;
    await database.query("insert into quarantine values ('alpaca', 'VIX', 'no such stock', now())");
    await database.query("grant select on quarantine to anon");
    try {
      expect((await supabase.client(keys.publishable).from("quarantine").select("*")).data).toEqual([]);
      expect((await supabase.client(keys.secret).from("quarantine").select("symbol")).data).toEqual([
        { symbol: "VIX" },
      ]);
    } finally {
      await database.query("revoke select on quarantine from anon");
    }
  });

  test("a wrong key is refused, and what is refused says what to do without the key in it", async () => {
    const { supabaseQueue } = await import("../../../src/adapters/supabase/index.ts");
    const wrong = "sb_secret_wrong";
    const error = await supabaseQueue({ client: supabase.client(wrong) })
      .counts()
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "STORE_FAILED", disposition: "halt", hint: expect.stringContaining("secret") });
    expect(JSON.stringify([String(error), error])).not.toContain(wrong);
    await expect(supabaseQueue({ client: supabase.client(supabase.keys.publishable) }).counts()).rejects.toMatchObject({
      sqlState: "42501",
      disposition: "halt",
      hint: expect.stringContaining("Use the secret (service_role) key"),
    });
  });

  test("with the secret key every table and view can be read, and every function called", async () => {
    for (const { name } of relations.filter(isServed)) {
      const { error } = await supabase.client(supabase.keys.secret).from(name).select("*").limit(1);
      expect([name, error]).toEqual([name, null]);
    }
    const may = await granted(["service_role"]);
    const refused = routines.filter(({ name }) => !may.includes(`service_role may call ${name}`));
    // The owner's.
    expect(refused.map(({ name }) => name)).toEqual(["set_access"]);
    const views = await rowsOf<{ options: string[] | null }>(
      supabase,
      "select reloptions as options from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v'",
    );
    expect(views.map(({ options }) => options)).toEqual([["security_invoker=on"], ["security_invoker=on"]]);
  });

  test("migrate finds nothing to do afterwards", async () => {
    expect(await migrate(supabase.database, { schema: "public" })).toEqual([]);
  });
});
