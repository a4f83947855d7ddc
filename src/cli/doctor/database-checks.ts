import { inspectDatabase } from "../../adapters/postgres/index.ts";
import { errorShape } from "../command-error.ts";
import { type PoolerMode, poolerMode } from "../target/pooler.ts";
import { connect, type DatabaseTarget, namesDatabase, type TargetInput } from "../target/target.ts";
import { cutWords } from "../text/cut.ts";
import type { Check } from "./check.ts";

/** Looks at the database and changes nothing. Never rejects: what goes wrong is what is found. */
export async function databaseChecks(input: TargetInput): Promise<Check[]> {
  let target: DatabaseTarget | undefined;
  try {
    target = await connect(input);
    const facts = await inspectDatabase(target.client, target);
    const checks: Check[] = [reached(target, facts.readOnly), versionCheck(facts.version, facts.majorVersion)];
    checks.push(tablesCheck(target, facts), ...rightsCheck(facts.forbidden));
    if (target.kind === "server") checks.push(await poolerCheck(input.environment["DATABASE_URL"] ?? ""));
    return checks;
  } catch (error) {
    const { message, hint } = errorShape(error);
    const advice = hint ?? "Check DATABASE_URL: host, port, user, password and database";
    return [{ name: "database", state: namesDatabase(input) ? "problem" : "skipped", found: message, advice }];
  } finally {
    await target?.close();
  }
}

function reached({ kind, name }: DatabaseTarget, readOnly: boolean): Check {
  const found = kind === "server" ? `connected to ${name}` : `the folder ${name}`;
  if (!readOnly) return { name: "database", state: "ok", found };
  const advice = "Connect to the primary";
  return { name: "database", state: "problem", found: `${found}, which is read-only`, advice };
}

function versionCheck(version: string, majorVersion: number): Check {
  const found = `PostgreSQL ${version}`;
  if (majorVersion >= 14) return { name: "server version", state: "ok", found };
  const advice = "Use PostgreSQL 14 or later: coverage is a multirange";
  return { name: "server version", state: "problem", found, advice };
}

interface Versions {
  readonly applied: readonly number[];
  readonly missing: readonly number[];
  readonly unknown: readonly number[];
}

function tablesCheck({ schema }: Pick<DatabaseTarget, "schema">, { applied, missing, unknown }: Versions): Check {
  const name = "tables";
  if (applied.length === 0) {
    return { name, state: "problem", found: `none in schema ${schema}`, advice: "Run: barfill migrate" };
  }
  if (missing.length > 0) {
    const found = `schema ${schema} lacks ${missing.join(", ")}`;
    return { name, state: "problem", found, advice: "Run: barfill migrate" };
  }
  if (unknown.length > 0) {
    const found = `schema ${schema} was migrated to ${unknown.at(-1)} by a newer barfill`;
    return { name, state: "warning", found, advice: "Update this one" };
  }
  return { name, state: "ok", found: `schema ${schema} is at ${applied.at(-1)}, the newest` };
}

/** Nothing where the role may use all. */
function rightsCheck(forbidden: readonly string[]): Check[] {
  if (forbidden.length === 0) return [];
  const found = `this role may not use ${cutWords(forbidden, 4)}`;
  const advice = "Grant it usage on sequences, select, insert, update, delete on tables, and execute on functions";
  return [{ name: "rights", state: "problem", found, advice }];
}

const POOLERS: Readonly<Record<PoolerMode, Check>> = {
  none: { name: "pooler", state: "ok", found: "none: a connection of the server's own" },
  session: {
    name: "pooler",
    state: "warning",
    found: "a pooler in session mode",
    advice: "It works. Transaction mode shares connections better, and is enough",
  },
  transaction: { name: "pooler", state: "ok", found: "a pooler in transaction mode, which is enough" },
  statement: {
    name: "pooler",
    state: "problem",
    found: "a pooler in statement mode",
    advice: "Use its transaction mode, or the server itself: bars and coverage are committed in one transaction",
  },
};

async function poolerCheck(url: string): Promise<Check> {
  try {
    return POOLERS[await poolerMode(url)];
  } catch (error) {
    return { name: "pooler", state: "warning", found: errorShape(error).message, advice: "Run it again" };
  }
}
