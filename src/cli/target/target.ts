import { memoryQuarantine, memoryQueue, memoryStore } from "../../adapters/memory/index.ts";
import {
  inspectDatabase,
  migrate,
  type PostgresClient,
  type PostgresQueue,
  postgresQuarantine,
  postgresQueue,
  postgresStore,
} from "../../adapters/postgres/index.ts";
import { DEFAULT_SCHEMA, quoteSchema } from "../../adapters/postgres/schema.ts";
import type { BarStore } from "../../contracts/bar-store.ts";
import type { Quarantine } from "../../contracts/quarantine.ts";
import type { SliceQueue } from "../../contracts/slice-queue.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../settings/environment.ts";
import type { Settings } from "../settings/settings.ts";
import { isDatabase, requireRoom } from "./empty-folder.ts";
import { type OpenClient, openFolder } from "./open-folder.ts";
import { peer } from "./peer.ts";

/** Where bars, runs and refused symbols are kept. */
export interface Target {
  readonly kind: "server" | "folder" | "memory";
  /** For people: a host and a database, or a folder; never a user or a password. */
  readonly name: string;
  readonly store: BarStore;
  readonly queue: SliceQueue;
  readonly quarantine: Quarantine;
  close(): Promise<void>;
}

/** A target that is a database. */
export interface DatabaseTarget extends Target {
  readonly kind: "server" | "folder";
  readonly client: PostgresClient;
  readonly queue: PostgresQueue;
  readonly schema: string;
}

export interface TargetInput {
  readonly settings: Settings;
  readonly environment: Environment;
  /** True where `--folder` was given: it wins over `DATABASE_URL`. */
  readonly folderByFlag: boolean;
  /** True makes a folder that is not there. A command that only looks must not: its name may be misspelt. */
  readonly create?: boolean;
}

/** The database, its tables up to date; a folder is made and migrated, a server is not. */
export async function openTarget(input: TargetInput): Promise<DatabaseTarget> {
  const target = await connect(input);
  try {
    if (target.kind === "folder") await migrate(target.client, { schema: target.schema });
    else await requireTables(target);
    return target;
  } catch (error) {
    await target.close();
    throw error;
  }
}

/** Memory, where there is no database: a plan needs none. */
export async function openTargetOrMemory(input: TargetInput): Promise<Target> {
  const { folder } = input.settings;
  if (!namesDatabase(input)) return memoryTarget("memory: no database is named");
  if (urlIn(input) === undefined && folder !== undefined && !isDatabase(folder)) {
    await requireRoom(folder);
    return memoryTarget(`${folder}, which is new`);
  }
  return openTarget(input);
}

/** The database as it is, with or without tables. */
export async function connect(input: TargetInput): Promise<DatabaseTarget> {
  const { folder, schema = DEFAULT_SCHEMA } = input.settings;
  // Before a folder is made for it.
  quoteSchema(schema);
  const url = urlIn(input);
  if (url !== undefined) return onClient("server", nameOf(url), schema, await openServer(url));
  if (folder !== undefined && !input.create && !isDatabase(folder)) {
    throw new CommandError("USAGE", `there is no database in ${folder}`, {
      hint: "Check the path; barfill run and barfill migrate make a new one",
    });
  }
  if (folder !== undefined) return onClient("folder", folder, schema, await openFolder(folder));
  throw new CommandError("USAGE", "no database is named", {
    hint: "Set DATABASE_URL to postgres://…, or pass --folder DIR for a database in a folder",
  });
}

/** False where neither a server nor a folder is meant. */
export function namesDatabase(input: TargetInput): boolean {
  return urlIn(input) !== undefined || input.settings.folder !== undefined;
}

/** Of the server that is meant; `undefined` where none is, or a folder is. */
function urlIn({ environment, folderByFlag }: TargetInput): string | undefined {
  return folderByFlag ? undefined : environment["DATABASE_URL"] || undefined;
}

function onClient(kind: "server" | "folder", name: string, schema: string, open: OpenClient): DatabaseTarget {
  const options = { client: open.client, schema };
  return {
    kind,
    name,
    schema,
    ...open,
    store: postgresStore(options),
    queue: postgresQueue(options),
    quarantine: postgresQuarantine(options),
  };
}

function memoryTarget(name: string): Target {
  return {
    kind: "memory",
    name,
    store: memoryStore(),
    queue: memoryQueue(),
    quarantine: memoryQuarantine(),
    close: async () => {},
  };
}

async function openServer(connectionString: string): Promise<OpenClient> {
  const { default: pg } = await peer("pg", () => import("pg"), "DATABASE_URL needs it");
  const pool = new pg.Pool({
    connectionString,
    connectionTimeoutMillis: 15_000,
    application_name: "barfill",
    // So that a connection that listens and dies in silence is noticed.
    keepAlive: true,
  });
  return { client: pool, close: () => pool.end() };
}

/** A URL that cannot be read is not shown: it may hold a password. */
function nameOf(url: string): string {
  const parsed = /^postgres(ql)?:\/\//.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) {
    throw new CommandError("USAGE", "DATABASE_URL is no database URL", {
      hint: "Write postgres://user:password@host:5432/database; percent-encode what is special in the password",
    });
  }
  return `${parsed.host}${parsed.pathname}`;
}

async function requireTables({ client, schema, name }: DatabaseTarget): Promise<void> {
  const { missing } = await inspectDatabase(client, { schema });
  if (missing.length === 0) return;
  throw new CommandError("NOT_MIGRATED", `${name} lacks the tables of this version in schema ${schema}`, {
    hint: "Run: barfill migrate",
  });
}
