import type { PostgresClient } from "../../../src/adapters/postgres/client.ts";

/** What a schema is made of, by name, with its own name taken out: to be compared with another's. */
export type SchemaShape = Readonly<Record<string, readonly unknown[]>>;

const PARTS = {
  relations: `select c.relname, c.relkind, c.reloptions, case when c.relkind = 'v' then pg_get_viewdef(c.oid) end as view
    from pg_class c where c.relnamespace = $1::regnamespace order by c.relname`,
  columns: `select c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull,
      a.attidentity, l.collname, pg_get_expr(d.adbin, d.adrelid) as default
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    left join pg_collation l on l.oid = a.attcollation
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = $1::regnamespace order by c.relname, a.attnum`,
  indexes: `select c.relname, pg_get_indexdef(c.oid) as definition from pg_class c
    where c.relnamespace = $1::regnamespace and c.relkind = 'i' order by c.relname`,
  constraints: `select conname, contype, pg_get_constraintdef(oid) as definition from pg_constraint
    where connamespace = $1::regnamespace order by conname, contype, definition`,
  functions: `select p.proname, pg_get_functiondef(p.oid) as definition, p.proacl::text from pg_proc p
    where p.pronamespace = $1::regnamespace order by p.proname, definition`,
} as const;

/** Reads the shape of `schema`, without barfill's own note of what it applied. */
export async function shapeOf(client: PostgresClient, schema: string): Promise<SchemaShape> {
  const shape: Record<string, readonly unknown[]> = {};
  for (const [part, sql] of Object.entries(PARTS)) {
    const { rows } = await client.query(sql, [`"${schema}"`]);
    const ours = rows.filter((row) => !JSON.stringify(row).includes("barfill_migrations"));
    shape[part] = JSON.parse(JSON.stringify(ours).replaceAll(schema, "schema"));
  }
  return shape;
}
