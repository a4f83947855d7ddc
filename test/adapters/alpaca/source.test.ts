import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { alpacaCrypto, alpacaStocks } from "../../../src/adapters/alpaca/index.ts";
import type { BarSource } from "../../../src/contracts/bar-source.ts";
import {
  answering,
  asking,
  EMPTY_PAGE,
  END,
  json,
  KEY_ID,
  KEYS,
  rejectionOf,
  SECRET_KEY,
  START,
  whenRead,
  wireBar,
} from "./answers.ts";

const TOKEN = "QUFQTHxNfDIwMjItMDEtMDNUMDk6MDA6MDAuMDAwMDAwMDAwWg==";

function parametersOf({ url }: { url: URL }): Record<string, string> {
  return Object.fromEntries(url.searchParams);
}

test("a page of stocks is asked for in one request, with every parameter said", async () => {
  const { fetch, sent } = answering(json(EMPTY_PAGE));
  const source = alpacaStocks({ ...KEYS, fetch });
  await source.fetchPage(asking(["AAPL", "BRK.B"], { timeframe: "1Day", adjustment: "split,dividend" }), {});
  expect(sent).toHaveLength(1);
  const [{ url, init }] = sent as [(typeof sent)[0]];
  expect(url.origin + url.pathname).toBe("https://data.alpaca.markets/v2/stocks/bars");
  expect(parametersOf({ url })).toEqual({
    symbols: "AAPL,BRK.B",
    timeframe: "1Day",
    start: "2024-01-02T00:00:00.000Z",
    // Inclusive on the wire: the last millisecond of the half-open interval.
    end: "2024-01-02T23:59:59.999Z",
    limit: "10000",
    adjustment: "split,dividend",
    feed: "sip",
    sort: "asc",
  });
  expect(init.method).toBe("GET");
  const headers = new Headers(init.headers);
  expect(headers.get("APCA-API-KEY-ID")).toBe(KEY_ID);
  expect(headers.get("APCA-API-SECRET-KEY")).toBe(SECRET_KEY);
  expect(url.href).not.toContain(KEY_ID);
});

test("crypto bars know no adjustment, and none is pretended", async () => {
  const { fetch, sent } = answering(json(EMPTY_PAGE));
  const source = alpacaCrypto({ fetch });
  const asked = asking(["BTC/USD"], { feed: source.feed, adjustment: "split" });
  expect(await rejectionOf(source, asked)).toMatchObject({ code: "SOURCE_REJECTED" });
  expect(sent).toEqual([]);
});

test("a page of crypto names its location in the path, and neither feed nor adjustment", async () => {
  const { fetch, sent } = answering(json(EMPTY_PAGE));
  const source = alpacaCrypto({ fetch, location: "eu-1" });
  expect(source.feed).toBe("eu-1");
  await source.fetchPage(asking(["BTC/USD", "ETH/USD"], { feed: source.feed }), {});
  const [{ url, init }] = sent as [(typeof sent)[0]];
  expect(url.origin + url.pathname).toBe("https://data.alpaca.markets/v1beta3/crypto/eu-1/bars");
  expect(parametersOf({ url })).toEqual({
    symbols: "BTC/USD,ETH/USD",
    timeframe: "1Min",
    start: "2024-01-02T00:00:00.000Z",
    end: "2024-01-02T23:59:59.999Z",
    limit: "10000",
    sort: "asc",
  });
  expect([...new Headers(init.headers).keys()].filter((name) => name.startsWith("apca"))).toEqual([]);
});

test("crypto keys, where there are any, are sent", async () => {
  const { fetch, sent } = answering(json(EMPTY_PAGE));
  await alpacaCrypto({ ...KEYS, fetch }).fetchPage(asking(["BTC/USD"], { feed: "us" }), {});
  const headers = new Headers(sent[0]?.init.headers);
  expect(headers.get("APCA-API-KEY-ID")).toBe(KEY_ID);
  expect(headers.get("APCA-API-SECRET-KEY")).toBe(SECRET_KEY);
});

test.each<[string, (fetch: typeof globalThis.fetch) => BarSource]>([
  ["stocks", (fetch) => alpacaStocks({ ...KEYS, fetch })],
  ["crypto", (fetch) => alpacaCrypto({ fetch })],
])("the next page of %s is asked for with the same words and the token", async (_, make) => {
  const first = { bars: { A: [wireBar(START)] }, next_page_token: TOKEN };
  const { fetch, sent } = answering(json(first), json({ ...EMPTY_PAGE, next_page_token: "c2Vjb25k" }));
  const source = make(fetch);
  const request = asking(["A", "B"], { feed: source.feed });
  const page = await source.fetchPage(request, {});
  const next = await source.fetchPage(request, { cursor: page.next as string });
  await source.fetchPage(request, { cursor: next.next as string });
  const [one, two, three] = sent.map(parametersOf);
  expect(one).not.toHaveProperty("page_token");
  expect(two).toEqual({ ...one, page_token: TOKEN });
  expect(three).toEqual({ ...one, page_token: "c2Vjb25k" });
});

test("the base URL may be another, with a path and a slash at its end", async () => {
  const { fetch, sent } = answering(json(EMPTY_PAGE));
  await alpacaStocks({ ...KEYS, fetch, baseUrl: "http://localhost:8080/alpaca/" }).fetchPage(asking(["A"]), {});
  expect(sent[0]?.url.href).toMatch(/^http:\/\/localhost:8080\/alpaca\/v2\/stocks\/bars\?symbols=A&/);
});

test("a page comes back with bars, coverage and what the service says of its rate", async () => {
  const headers = { "x-ratelimit-limit": "200", "x-ratelimit-remaining": "199", "x-ratelimit-reset": "1704153600" };
  const body = { bars: { A: [wireBar(START, { n: 3, vw: 2.5 })] }, next_page_token: null };
  const page = await alpacaStocks({ ...KEYS, fetch: answering(json(body, 200, headers)).fetch }).fetchPage(
    asking(["A", "B"]),
    {},
  );
  const series = (symbol: string) =>
    ({ provider: "alpaca", symbol, timeframe: "1Min", feed: "sip", adjustment: "raw" }) as const;
  const bar = { openTime: START, open: 2, high: 3, low: 1, close: 2, volume: 10, tradeCount: 3, vwap: 2.5 };
  expect(page).toStrictEqual({
    bars: [{ series: series("A"), bars: [bar] }],
    covered: ["A", "B"].map((symbol) => ({ series: series(symbol), interval: { start: START, end: END } })),
    budget: { limit: 200, remaining: 199, resetAt: 1_704_153_600_000 },
  });
});

test.each<[string, Record<string, string>, object | undefined]>([
  ["no header", {}, undefined],
  ["the remaining one", { "x-ratelimit-remaining": "0" }, { remaining: 0 }],
  ["words and blanks", { "x-ratelimit-limit": "many", "x-ratelimit-remaining": " " }, undefined],
])("of the rate headers, %s is told as it is", async (_, headers, budget) => {
  const { fetch } = answering(json(EMPTY_PAGE, 200, headers));
  expect((await alpacaStocks({ ...KEYS, fetch }).fetchPage(asking(["A"]), {})).budget).toEqual(budget);
});

test.each([429, 500, 503, 408])("%i is answered once: neither retried nor waited for", async (status) => {
  const { fetch, sent } = answering(json({ message: "no" }, status, { "retry-after": "1" }));
  await rejectionOf(alpacaStocks({ ...KEYS, fetch }), asking(["A"]));
  expect(sent).toHaveLength(1);
});

test("a network error is not tried again either", async () => {
  const { fetch, sent } = answering(new TypeError("fetch failed"));
  await rejectionOf(alpacaStocks({ ...KEYS, fetch }), asking(["A"]));
  expect(sent).toHaveLength(1);
});

test("a hundred pages at a time are asked for at once, not spaced out", async () => {
  const { fetch, sent } = answering(() => new Promise<Response>(() => {}));
  const source = alpacaStocks({ ...KEYS, fetch });
  const stops = Array.from({ length: 100 }, () => new AbortController());
  const pages = stops.map(({ signal }) => rejectionOf(source, asking(["A"]), { signal }));
  await new Promise(setImmediate);
  expect(sent).toHaveLength(100);
  for (const stop of stops) stop.abort();
  await Promise.all(pages);
});

const REASONS: readonly unknown[] = [new Error("stop"), "stop", Object.freeze({ why: "stop" })];

test.each(REASONS)("aborted before, nothing is sent: %j", async (reason) => {
  const { fetch, sent } = answering(json(EMPTY_PAGE));
  const signal = AbortSignal.abort(reason);
  expect(await rejectionOf(alpacaStocks({ ...KEYS, fetch }), asking(["A"]), { signal })).toBe(reason);
  expect(sent).toHaveLength(0);
});

test.each(REASONS)("aborted on the way, it rejects with the reason itself: %j", async (reason) => {
  const stop = new AbortController();
  // Deaf to the signal, as a fetch of one's own may be.
  const { fetch } = answering(() => new Promise<Response>(() => {}));
  const rejection = rejectionOf(alpacaStocks({ ...KEYS, fetch }), asking(["A"]), { signal: stop.signal });
  stop.abort(reason);
  expect(await rejection).toBe(reason);
});

test.each(REASONS)("aborted in the body, it rejects with the reason itself: %j", async (reason) => {
  const stop = new AbortController();
  const { fetch } = answering(() => whenRead(() => stop.abort(reason)));
  expect(await rejectionOf(alpacaStocks({ ...KEYS, fetch }), asking(["A"]), { signal: stop.signal })).toBe(reason);
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a redirect is not followed: the keys go to the host they were meant for, and no other", async () => {
  let stolen = 0;
  const elsewhere = await serve((_, response) => {
    stolen++;
    response.end(JSON.stringify(EMPTY_PAGE));
  });
  const host = await serve((request, response) => response.writeHead(307, { location: elsewhere + request.url }).end());
  const error = await rejectionOf(alpacaStocks({ ...KEYS, baseUrl: host }), asking(["A"]));
  expect(error).toMatchObject({ code: "SOURCE_UNAVAILABLE", message: expect.stringContaining("redirect") });
  expect(stolen).toBe(0);
});

test.each<[string, RequestListener]>([
  ["no answer", () => {}],
  ["half an answer", (_, response) => response.writeHead(200, { "content-length": 1000 }).write('{"bars":')],
])("%s, and then silence, is given up after timeoutMs", async (_, listener) => {
  const baseUrl = await serve(listener);
  const error = await rejectionOf(alpacaStocks({ ...KEYS, baseUrl, timeoutMs: 50 }), asking(["A"]));
  expect(error).toMatchObject({ code: "SOURCE_UNAVAILABLE", disposition: "retry" });
});
