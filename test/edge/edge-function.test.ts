import { corsHeaders } from "@supabase/supabase-js/cors";
import { describe, expect, it } from "vitest";
import { fetchBars, fetchBarsBatch, orchestrator } from "../../src/edge/index.ts";
import { SourceAccessError, StoreError, SymbolRejectedError } from "../../src/errors.ts";
import { answered, ask, jobOf, KEY, smallEdge } from "../support/small-edge.ts";

const URL = "https://project.test/functions/v1/orchestrator";
const NEEDS = ["SUPABASE_URL", "SERVICE_KEY", "ALPACA_SECRET"] as const;

const functions = { orchestrator, "fetch-bars-batch": fetchBarsBatch, "fetch-bars": fetchBars };
const unreachable = () => {
  throw new Error("connected without settings");
};

describe.each(Object.entries(functions))("%s without settings", (name, make) => {
  it.each([`${URL}?action=health`, `${URL}/health`])("names what is missing, to everybody: %s", async (url) => {
    const call = make({
      env: { SUPABASE_URL: "" },
      needs: NEEDS,
      keys: ["SERVICE_KEY", "SHARED"],
      connect: unreachable,
    });
    const { status, body } = await answered(await call(new Request(url)));
    expect(status).toBe(503);
    expect(body).toEqual({ function: name, ok: false, missing: NEEDS });
  });

  it("names the keys of which one must be set", async () => {
    const call = make({ env: {}, needs: [], keys: ["SHARED", "OTHER"], connect: unreachable });
    expect((await answered(await call(new Request(URL)))).body.missing).toEqual(["SHARED or OTHER"]);
  });

  it("answers everything else with the same names", async () => {
    const env = { SERVICE_KEY: KEY, SUPABASE_URL: "https://project.test" };
    const call = make({ env, needs: NEEDS, keys: ["SERVICE_KEY"], connect: unreachable });
    const { status, body } = await answered(await call(ask(`${URL}?action=tick`, "{}")));
    expect([status, body.missing]).toEqual([503, ["ALPACA_SECRET"]]);
  });
});

describe("keys", () => {
  const calls: [string, Record<string, string>][] = [
    ["nothing", {}],
    ["another key", { authorization: "Bearer wrong" }],
    ["a part of the key", { authorization: `Bearer ${KEY.slice(0, -1)}` }],
    ["the key of another scheme", { authorization: `Basic ${KEY}` }],
    ["the right key beside the token of somebody", { authorization: "Bearer wrong", apikey: KEY }],
    ["an empty secret", { "x-barfill-secret": "" }],
    ["a wrong secret beside the right key", { authorization: `Bearer ${KEY}`, "x-barfill-secret": "wrong" }],
  ];
  it.each(calls)("refuses %s", async (_, headers) => {
    const edge = smallEdge({ jobs: [jobOf("US_BATCH_1", ["A"])] });
    const { status } = await answered(
      await edge.functions.orchestrator()(new Request(`${URL}?action=tick`, { headers })),
    );
    expect(status).toBe(401);
    expect(await edge.queue.counts()).toEqual([]);
  });

  it("takes the service key or the shared secret, in either header", async () => {
    const edge = smallEdge({
      options: { env: { SERVICE_KEY: KEY, SHARED: "between us" }, keys: ["SERVICE_KEY", "SHARED"] },
    });
    const call = edge.functions.orchestrator();
    for (const headers of [
      { authorization: `bearer ${KEY}` },
      { authorization: "Bearer between us" },
      { "x-barfill-secret": "between us" },
      { apikey: KEY },
    ]) {
      expect((await call(new Request(`${URL}?action=status`, { headers }))).status).toBe(200);
    }
  });
});

describe("health", () => {
  it("tells a stranger only that nothing is missing, and asks nobody", async () => {
    const edge = smallEdge();
    const { status, body } = await answered(await edge.functions.single()(new Request(`${URL}?action=health`)));
    expect([status, body.missing, "database" in body]).toEqual([200, [], false]);
    expect(edge.source.calls).toEqual([]);
  });

  it("says that the database answers and that the credentials are accepted", async () => {
    const { status, body } = await smallEdge().act("health");
    expect([status, body]).toEqual([
      200,
      { function: "orchestrator", ok: true, missing: [], database: { ok: true }, source: { ok: true } },
    ]);
  });

  it("takes a refusal of the question for credentials that are accepted", async () => {
    const { body } = await smallEdge({ script: () => new SymbolRejectedError("no such symbol") }).act("health");
    expect(body.source).toEqual({ ok: true });
  });

  it("says which of them fails, and hides every secret that an error quotes", async () => {
    const edge = smallEdge({
      script: () => new SourceAccessError(`refused ${KEY}`, { hint: "Check the keys" }),
      queue: () => ({
        ...smallEdge().queue,
        counts: async () => {
          throw new StoreError(`could not log in with ${KEY}`, { disposition: "halt" });
        },
      }),
    });
    const { status, body } = await edge.act("health");
    expect(status).toBe(503);
    expect(body).toMatchObject({ ok: false, database: { ok: false }, source: { ok: false } });
    expect(body.source.error).toEqual({ code: "SOURCE_ACCESS", message: "refused ***. Check the keys" });
    expect(JSON.stringify(body)).not.toContain(KEY);
  });

  it("says what is wrong with the settings, and connects again once they are right", async () => {
    let attempts = 0;
    const good = smallEdge();
    const call = orchestrator({
      env: { SERVICE_KEY: KEY },
      needs: ["SERVICE_KEY"],
      keys: ["SERVICE_KEY"],
      async connect() {
        if (++attempts === 1) throw new Error(`nothing listens at https://${KEY}@project.test`);
        return { backfill: { source: good.source, store: good.store, queue: good.queue }, jobs: async () => [] };
      },
    });
    const first = await answered(await call(ask(`${URL}?action=health`)));
    expect([first.status, first.body.error]).toEqual([
      500,
      { code: "UNEXPECTED", message: "Error: nothing listens at https://***@project.test" },
    ]);
    expect((await call(ask(`${URL}?action=health`))).status).toBe(200);
  });

  it("is wired by a method of an object, which may look at the rest of it", async () => {
    class Wiring {
      readonly env = { SERVICE_KEY: KEY };
      readonly needs = ["SERVICE_KEY"];
      readonly keys = ["SERVICE_KEY"];
      readonly #parts = smallEdge();
      async connect() {
        const { source, store, queue } = this.#parts;
        return { backfill: { source, store, queue }, jobs: async () => [] };
      }
    }
    expect((await orchestrator(new Wiring())(ask(`${URL}?action=health`))).status).toBe(200);
  });

  it("says at the first request, not at boot, which option is wrong", async () => {
    const { status, body } = await smallEdge({ options: { maxConcurrentRuns: 0 } }).act("tick");
    expect([status, body.error.code]).toEqual([503, "OPTIONS_INVALID"]);
    expect(body.error.message).toContain("maxConcurrentRuns");
  });

  it("asks the store and the quarantine too, so that tables and grants that are missing are seen", async () => {
    const refused = async () => {
      throw new StoreError("permission denied for table coverage", { disposition: "halt", sqlState: "42501" });
    };
    const { store, quarantine } = smallEdge();
    // As a store on SQL: of no series there is nothing to ask.
    const coverage: typeof store.coverage = async (series) => (series.length === 0 ? new Map() : refused());
    for (const backfill of [{ store: { ...store, coverage } }, { quarantine: { ...quarantine, list: refused } }]) {
      const { status, body } = await smallEdge({ backfill }).act("health");
      expect([status, body.database.ok, body.source.ok]).toEqual([503, false, true]);
    }
  });
});

describe("CORS", () => {
  const preflight = { method: "OPTIONS", headers: { origin: "https://app.test" } };
  const from = { headers: { origin: "https://app.test", authorization: `Bearer ${KEY}` } };

  it("is silent where it was not asked for", async () => {
    const call = smallEdge().functions.orchestrator();
    expect((await call(new Request(URL, preflight))).status).toBe(401);
    const response = await call(new Request(`${URL}?action=status`, from));
    expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  it("lets in the headers of supabase-js, and its own", async () => {
    const call = smallEdge({ options: { allowOrigins: ["https://app.test"] } }).functions.orchestrator();
    const allowed = (await call(new Request(URL, preflight))).headers.get("access-control-allow-headers") ?? "";
    const ofSupabaseJs = String(corsHeaders["Access-Control-Allow-Headers"]).split(", ");
    expect(allowed.split(", ")).toEqual(expect.arrayContaining([...ofSupabaseJs, "x-barfill-secret"]));
  });

  it("lets in the origins that it was given, and no other", async () => {
    const call = smallEdge({ options: { allowOrigins: ["https://app.test"] } }).functions.orchestrator();
    expect((await call(new Request(URL, preflight))).headers.get("access-control-allow-origin")).toBe(
      "https://app.test",
    );
    const answer = await call(new Request(`${URL}?action=status`, from));
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.test");
    const stranger = await call(new Request(URL, { method: "OPTIONS", headers: { origin: "https://evil.test" } }));
    expect([stranger.status, stranger.headers.get("access-control-allow-origin")]).toEqual([401, null]);
  });
});
