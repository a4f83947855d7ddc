// What stands in for the reader's own: their names, their Alpaca, their servers.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { vi } from "vitest";
import ws from "ws";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryStore } from "../../src/adapters/memory/index.ts";
import { migrate, postgresQueue, postgresStore } from "../../src/adapters/postgres/index.ts";
import { supabaseMigrations } from "../../src/adapters/supabase/index.ts";
import { createBackfill } from "../../src/index.ts";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import type { ServerDatabase } from "../support/postgres.ts";
import { startSupabase } from "../support/supabase.ts";

export interface World {
  /** What a page's `declare const NAME: …` is given. */
  readonly given: Readonly<Record<string, unknown>>;
  /** A Supabase project's, migrated; what `PGlite.create` gives. */
  readonly embedded: PGlite;
  /** Ends the pools that blocks made, and puts everything back. */
  close(): Promise<void>;
}

/** Of this process, as long as it is open: `fetch`, `pg.Pool`, the keys in the environment, the working folder. */
export async function openWorld(database: ServerDatabase): Promise<World> {
  const supabase = await startSupabase("PGlite");
  for (const { sql } of supabaseMigrations())
    await (supabase.database as { exec(sql: string): Promise<unknown> }).exec(sql);
  await supabase.reload();
  // Thin: a page asks for years of minutes.
  const simulator = alpacaSimulator({
    market: syntheticMarket({ minuteShare: () => 0.002 }),
    requestsPerMinute: 10_000,
  });

  const keys = { keyId: "key", secretKey: "secret" };
  vi.stubEnv("APCA_API_KEY_ID", keys.keyId);
  vi.stubEnv("APCA_API_SECRET_KEY", keys.secretKey);
  // Node 20 has none, as docs/supabase.md says.
  vi.stubGlobal("WebSocket", globalThis.WebSocket ?? ws);
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.host === "data.alpaca.markets") return simulator.fetch(input, init);
    if (url.host === "project.supabase.co") return fetch(url.href.replace(url.origin, supabase.url), init);
    throw new Error(`a block asks ${url.host}`);
  });
  const { Pool } = pg;
  const pools: pg.Pool[] = [];
  pg.Pool = class extends Pool {
    constructor(options: pg.PoolConfig) {
      super({ ...options, connectionString: database.url });
      pools.push(this);
    }
  };
  // A PGlite takes seconds to make, and blocks of the README make one in a folder: here it is the project's.
  const embedded = supabase.database as PGlite;
  const closing = vi.spyOn(embedded, "close").mockResolvedValue();
  const making = vi.spyOn(PGlite, "create").mockResolvedValue(embedded as never);
  const home = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "barfill-blocks-"));
  mkdirSync(join(folder, "supabase/migrations"), { recursive: true });
  process.chdir(folder);

  const client = new pg.Pool();
  await migrate(client);
  const [source, store, queue] = [alpacaStocks(keys), postgresStore({ client }), postgresQueue({ client })];
  const day = Date.UTC(2024, 0, 2, 5);
  const wish = { symbols: ["SPY"], timeframes: ["1Day"], start: "2024-01-01", end: "2024-02-01" };
  return {
    embedded,
    given: {
      ...{ client, source, store, queue, keys, simulator, wish },
      backfill: createBackfill({ source, store, queue, requestsPerMinute: 10_000 }),
      secretKey: supabase.keys.secret,
      symbols: ["SPY", "IBM"],
      bars: [{ openTime: day, open: 1, high: 2, low: 1, close: 2, volume: 3 }],
      vouchedFor: { start: day, end: day + 86_400_000 },
      // docs/writing-an-adapter.md: somebody else's store, on somebody else's client.
      ...{ commit: memoryStore().commit, coverage: memoryStore().coverage, read: memoryStore().read },
      openEmptyDatabase: async () => ({ close: async () => {} }),
      myStore: () => memoryStore(),
    },
    async close() {
      process.chdir(home);
      rmSync(folder, { recursive: true });
      await Promise.all(pools.filter((pool) => !pool.ending).map((pool) => pool.end()));
      pg.Pool = Pool;
      making.mockRestore();
      closing.mockRestore();
      vi.unstubAllGlobals();
      vi.unstubAllEnvs();
      await supabase.close();
    },
  };
}
