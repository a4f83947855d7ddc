import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import ws from "ws";
import { loadJobs, supabaseQueue, supabaseStore } from "../../../src/adapters/supabase/index.ts";
import { makeBars, makeSeries } from "../../../src/testing/conformance/store/fixtures.ts";
import { CLAIM } from "../postgres/queue-fixtures.ts";

const KEY = "sb_secret_never_to_be_seen";

/** The official client, whose server always answers so. */
function answering(answer: () => Response | Promise<Response>) {
  return createClient("http://127.0.0.1:1", KEY, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: ws as never },
    global: { fetch: async () => answer() },
  });
}

const json = (status: number, body: unknown) => () => new Response(JSON.stringify(body), { status });
const html = (status: number, title: string) => () =>
  new Response(`<html><head><title>${title}</title></head><body><h1>Oops</h1></body></html>`, { status });

const refusal = (code: string, message = "words", details: string | null = null, hint: string | null = null) => ({
  code,
  message,
  details,
  hint,
});

test.each([
  [
    "a statement timeout",
    json(500, refusal("57014", "canceling statement due to statement timeout")),
    "retry",
    "57014",
  ],
  ["a deadlock", json(500, refusal("40P01")), "retry", "40P01"],
  ["too many connections", json(503, refusal("53300")), "retry", "53300"],
  ["no connection in time", json(504, refusal("PGRST003")), "retry", undefined],
  ["no database", json(503, refusal("PGRST002")), "retry", undefined],
  ["a gateway in HTML", html(502, "502 Bad Gateway"), "retry", undefined],
  ["a gateway time-out", html(504, "504 Gateway Time-out"), "retry", undefined],
  ["a gateway without words", () => new Response("", { status: 520 }), "retry", undefined],
  ["too many requests", json(429, { message: "slow down" }), "retry", undefined],
  ["no network", () => Promise.reject(new TypeError("fetch failed")), "retry", undefined],
  ["a time-out of the caller's", () => Promise.reject(new DOMException("too slow", "AbortError")), "retry", undefined],
  ["a wrong key", json(401, { message: "Invalid API key" }), "halt", undefined],
  ["a token that is over", json(401, refusal("PGRST303", "JWT expired")), "halt", undefined],
  ["a role that may not", json(403, refusal("42501")), "halt", "42501"],
  ["a schema that is not exposed", json(406, refusal("PGRST106")), "halt", undefined],
  ["a function that is not there", json(404, refusal("PGRST202")), "halt", undefined],
  ["a request that is too large", html(413, "413 Request Entity Too Large"), "halt", undefined],
] as const)("%s: %#", async (_, answer, disposition, sqlState) => {
  const error: Error = await supabaseQueue({ client: answering(answer) })
    .counts()
    .then(
      () => expect.unreachable(),
      (error: Error) => error,
    );
  expect(error).toMatchObject({ code: "STORE_FAILED", disposition, sqlState });
  expect(error.cause).toBeDefined();
  expect(error.message).not.toMatch(/[<>]/);
  expect(JSON.stringify([error.message, error])).not.toContain(KEY);
});

describe("a server that takes the connection, and never answers", () => {
  const heard: string[] = [];
  const server = createServer((request) => void heard.push(request.url ?? ""));
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const silent = () => {
    const { port } = server.address() as AddressInfo;
    return createClient(`http://127.0.0.1:${port}`, KEY, {
      auth: { persistSession: false, autoRefreshToken: false },
      realtime: { transport: ws as never },
    });
  };

  test("is given up after so long, and may be asked again", async () => {
    const queue = supabaseQueue({ client: silent(), timeoutMs: 50 });
    const error = { code: "STORE_FAILED", disposition: "retry", message: "count_runs_json: no answer within 50 ms" };
    let calls = 0;
    // On a busy machine the time may be up before the request has left.
    while (heard.length === 0) {
      await expect(queue.counts()).rejects.toMatchObject(error);
      calls++;
    }
    expect(new Set(heard)).toEqual(new Set(["/rest/v1/rpc/count_runs_json"]));
    expect(heard.length).toBeLessThanOrEqual(calls);
  });

  test("is given up by whatever else calls, too", async () => {
    await expect(loadJobs(silent(), { timeoutMs: 50 })).rejects.toMatchObject({ disposition: "retry" });
  });
});

test("a client that cannot be bound in time fits all the same", async () => {
  const rpc = async () => ({ data: [], error: null, status: 200 });
  expect(await supabaseQueue({ client: { schema: () => ({ rpc }) } }).counts()).toEqual([]);
});

test.each([0, 1.5, Number.NaN, 600_001])("%d is no bound in time", (timeoutMs) => {
  expect(() => supabaseStore({ client: answering(json(200, [])), timeoutMs })).toThrow(
    `timeoutMs: expected a whole number from 1 to 600000, received ${timeoutMs}`,
  );
});

test("an error says what the database said: message, SQLSTATE, details and hint", async () => {
  const answer = json(400, refusal("23502", "null value in column", "Failing row contains (1, null).", "do better"));
  await expect(supabaseQueue({ client: answering(answer) }).counts()).rejects.toMatchObject({
    message: "null value in column (SQLSTATE 23502). do better",
    sqlState: "23502",
    details: "Failing row contains (1, null).",
    hint: "do better",
  });
});

test.each([
  ["the schema is not exposed", json(406, refusal("PGRST106")), "exposed schemas"],
  ["the functions are not there", json(404, refusal("PGRST202")), "`supabase db push`"],
  ["the tables are older", json(404, refusal("42P01")), "`supabase db push`"],
  ["the key is not the secret one", json(403, refusal("42501")), "secret (service_role) key"],
  ["the key is wrong", json(401, { message: "Invalid API key" }), "Check the URL and the secret"],
  ["the statement took too long", json(500, refusal("57014")), "statement_timeout"],
])("when %s, it says what to change", async (_, answer, hint) => {
  await expect(supabaseQueue({ client: answering(answer) }).counts()).rejects.toMatchObject({
    hint: expect.stringContaining(hint),
  });
});

const claim = { slice: { id: "a" }, attempt: 1, expires_at_ms: 1, expiries: 0, before: null };

// The first one supabase-js takes for an answer without a body.
test.each([
  ["nothing at all", () => new Response("", { status: 404 })],
  ["nothing, and that is well", () => new Response(null, { status: 204 })],
  ["null", json(200, null)],
  ["one row instead of rows", json(200, claim)],
  ["a row in a row", json(200, [[claim]])],
  ["a composite as text", json(200, ['(1,"{}",w)'])],
  ["other names", json(200, [{ job_run_id: 1, symbol: "AAPL", timeframe: "15Min" }])],
  ["a column that is null", json(200, [{ ...claim, slice: null }])],
  ["a page of somebody else's", () => new Response("<html>Welcome to the hotel</html>", { status: 200 })],
])("failure 5, a claim that returned nothing: %s is no claim, and loud", async (_, answer) => {
  const claiming = supabaseQueue({ client: answering(answer) }).lease({ ...CLAIM, token: "a" });
  await expect(claiming).rejects.toMatchObject({ code: "STORE_FAILED", disposition: "halt" });
});

test.each([
  ["no counts", json(200, {})],
  ["ids that are too few", json(200, [])],
  ["a set", json(200, [{ inserted: 1, revised: 0 }])],
])("a commit that is answered with %s is an error", async (_, answer) => {
  const store = supabaseStore({ client: answering(answer) });
  await expect(store.commit([{ series: makeSeries(), bars: makeBars(0, 2) }], [])).rejects.toMatchObject({
    code: "STORE_FAILED",
  });
});
