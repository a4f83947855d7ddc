import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { alpacaCrypto, alpacaStocks } from "../../../src/adapters/alpaca/index.ts";
import { BarfillError } from "../../../src/errors.ts";
import { answering, asking, brokenOff, json, KEY_ID, KEYS, rejectionOf, SECRET_KEY, stalled } from "./answers.ts";

const NOW = Date.UTC(2024, 5, 1, 12);
const REQUEST_ID = "5f2c1d7e";
const ID = { "x-request-id": REQUEST_ID };

/** What a stock source makes of `answer`. */
async function errorFrom(answer: Response | Error): Promise<BarfillError> {
  const error = await rejectionOf(alpacaStocks({ ...KEYS, fetch: answering(answer).fetch }), asking(["AAPL", "BRK-B"]));
  expect(error).toBeInstanceOf(BarfillError);
  return error as BarfillError;
}

function html(status: number, words: string): Response {
  const body = `<html>\r\n<head><title>${words}</title></head>\r\n<body>${"<hr><center>nginx</center>".repeat(100)}</body></html>`;
  return new Response(body, { status, headers: { "content-type": "text/html", ...ID } });
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const SIP = "subscription does not permit querying recent SIP data";
const BAD_START =
  "Invalid format for parameter start: error parsing 'not-a-date' as RFC3339 or 2006-01-02 time: parsing time";

describe.each<[string, () => Response | Error, object]>([
  [
    "400, a symbol by name",
    () => json({ message: "invalid symbol: BRK-B" }, 400, ID),
    { code: "SYMBOL_REJECTED", disposition: "quarantine", symbol: "BRK-B", status: 400 },
  ],
  [
    "400, a symbol by nobody's name",
    () => json({ message: "one of the symbols is malformed" }, 400, ID),
    { code: "SYMBOL_REJECTED", symbol: undefined, status: 400 },
  ],
  [
    "400, end before start",
    () => json({ message: "end should not be before start" }, 400, ID),
    { code: "SOURCE_REJECTED", disposition: "fail", status: 400 },
  ],
  ["400, a bad time", () => json({ message: BAD_START }, 400, ID), { code: "SOURCE_REJECTED", status: 400 }],
  [
    "400, a bad timeframe",
    () => json({ message: "invalid timeframe: 30Sec" }, 400, ID),
    { code: "SOURCE_REJECTED", message: `400: invalid timeframe: 30Sec (request ${REQUEST_ID})` },
  ],
  [
    "400, a bad feed",
    () => json({ message: "invalid feed: delayed_sip" }, 400, ID),
    { code: "SOURCE_REJECTED", status: 400 },
  ],
  ["400, no body", () => new Response(null, { status: 400, headers: ID }), { code: "SOURCE_REJECTED", status: 400 }],
  [
    "404, another host's",
    () => json({ message: "endpoint not found." }, 404, ID),
    { code: "SOURCE_ACCESS", disposition: "halt", status: 404, hint: expect.stringMatching(/base URL/) },
  ],
  [
    "401, as HTML",
    () => html(401, "401 Authorization Required"),
    { code: "SOURCE_ACCESS", disposition: "halt", status: 401, hint: expect.stringMatching(/key id and the secret/) },
  ],
  [
    "403, bad keys",
    () => json({ message: "forbidden." }, 403, ID),
    { code: "SOURCE_ACCESS", status: 403, hint: expect.stringMatching(/key id and the secret/) },
  ],
  [
    "403, recent SIP",
    () => json({ code: 42210000, message: SIP }, 403, ID),
    { code: "SOURCE_ACCESS", status: 403, hint: expect.stringMatching(/raise withheldTailMs.*iex/) },
  ],
  [
    "403, another feed",
    () => json({ message: "subscription does not permit querying OTC data" }, 403, ID),
    { code: "SOURCE_ACCESS", status: 403, hint: expect.stringMatching(/does not include this feed/) },
  ],
  [
    "429, without a word of how long",
    () => json({ message: "too many requests." }, 429, ID),
    { code: "SOURCE_RATE_LIMITED", disposition: "retry", status: 429, retryAfterMs: undefined },
  ],
  ["500, as HTML", () => html(500, "500 Internal Server Error"), { code: "SOURCE_UNAVAILABLE", status: 500 }],
  [
    "502, nothing",
    () => new Response("", { status: 502, headers: ID }),
    { code: "SOURCE_UNAVAILABLE", disposition: "retry", status: 502 },
  ],
  ["503, cut off", () => brokenOff(503, `{"mess`, ID), { code: "SOURCE_UNAVAILABLE", status: 503 }],
  ["504", () => json({ message: "upstream timed out" }, 504, ID), { code: "SOURCE_UNAVAILABLE", status: 504 }],
  ["408", () => json({ message: "request timeout" }, 408, ID), { code: "SOURCE_UNAVAILABLE", status: 408 }],
  [
    "200, cut off",
    () => brokenOff(200, `{"bars":{"AAPL":[`, ID),
    { code: "SOURCE_UNAVAILABLE", message: `the answer broke off (request ${REQUEST_ID})` },
  ],
  ["200, as HTML", () => html(200, "Maintenance"), { code: "SOURCE_UNAVAILABLE", disposition: "retry" }],
  ["200, no page", () => json({ bars: {} }, 200, ID), { code: "SOURCE_DATA_INVALID", disposition: "fail" }],
])("%s", (_, answer, expected) => {
  test("becomes the error of its kind, with the request's id and its cause", async () => {
    const error = await errorFrom(answer());
    expect(error).toMatchObject({ ...expected, requestId: REQUEST_ID, cause: expect.anything() });
    expect(error.message).toContain(REQUEST_ID);
  });

  test("says nothing of the keys, and is short", async () => {
    const error = await errorFrom(answer());
    expectNoKeysIn(error);
    expect(error.message.length).toBeLessThan(400);
    expect(error.message).not.toMatch(/[<>\r\n]/);
  });
});

function expectNoKeysIn(error: unknown): void {
  const told = [String(error), JSON.stringify(error), inspect(error, { depth: 20, showHidden: true, getters: true })];
  for (const text of told) {
    expect(text).not.toContain(SECRET_KEY);
    expect(text).not.toContain(KEY_ID);
  }
}

test.each([
  ["BRK-B", ". Did you mean BRK.B?"],
  ["BF-A", ". Did you mean BF.A?"],
  ["BAC-PL", ""],
  ["BRK-B-C", ""],
  ["GD0-B", ""],
  ["-B", ""],
])("the refusal of the stock %s ends with %j", async (symbol, advice) => {
  const message = `invalid symbol: ${symbol}`;
  const error = await errorFrom(json({ message }, 400, ID));
  expect(error).toMatchObject({ symbol, message: `${message}${advice} (request ${REQUEST_ID})` });
});

test("a crypto pair with a dash has no class of shares", async () => {
  const message = "invalid symbol: BTC-U";
  const source = alpacaCrypto({ fetch: answering(json({ message }, 400, ID)).fetch });
  const error = await rejectionOf(source, asking(["BTC-U"], { feed: "us" }));
  expect(error).toMatchObject({ message: `${message} (request ${REQUEST_ID})` });
});

test("a crypto pair of a bad form is refused by name", async () => {
  const message = "Invalid symbol(s): BTC/USDdsda does not match ^[A-Z]+/[A-Z]+$";
  const source = alpacaCrypto({ fetch: answering(json({ message }, 400, ID)).fetch });
  const error = await rejectionOf(source, asking(["BTC/USDdsda"], { feed: "us" }));
  expect(error).toMatchObject({ code: "SYMBOL_REJECTED", symbol: "BTC/USDdsda", status: 400, requestId: REQUEST_ID });
});

test("the words of the service are kept, those of the SDK are not", async () => {
  const error = await errorFrom(json({ message: SIP }, 403));
  expect(error.message.startsWith(`${SIP}. This account`)).toBe(true);
});

test.each<[string, Record<string, string>, number | undefined]>([
  ["seconds", { "retry-after": "7" }, 7000],
  ["a fraction of seconds", { "retry-after": "0.5" }, 500],
  ["a date", { "retry-after": new Date(NOW + 9000).toUTCString() }, 9000],
  ["a date that is past", { "retry-after": new Date(NOW - 9000).toUTCString() }, 0],
  ["the reset of the window", { "x-ratelimit-reset": String(NOW / 1000 + 30) }, 30_000],
  ["a reset that is past", { "x-ratelimit-reset": String(NOW / 1000 - 30) }, 0],
  ["seconds before the reset", { "retry-after": "7", "x-ratelimit-reset": String(NOW / 1000 + 30) }, 7000],
  ["words before the reset", { "retry-after": "later", "x-ratelimit-reset": String(NOW / 1000 + 30) }, 30_000],
  ["words", { "retry-after": "later" }, undefined],
  ["other headers", { "x-ratelimit-limit": "200", "x-ratelimit-remaining": "0" }, undefined],
])("429 with %s says how long to wait", async (_, headers, retryAfterMs) => {
  expect(await errorFrom(json({ message: "too many requests." }, 429, headers))).toMatchObject({ retryAfterMs });
});

test("a network error says what failed, down to the last cause", async () => {
  const refused = Object.assign(new AggregateError([], ""), { code: "ECONNREFUSED" });
  const error = await errorFrom(new TypeError("fetch failed", { cause: refused }));
  expect(error).toMatchObject({ code: "SOURCE_UNAVAILABLE", message: "no answer: fetch failed: ECONNREFUSED" });
  expectNoKeysIn(error);
});

test("an answer that does not come in time is no answer", async () => {
  const never = (_: unknown, init?: RequestInit) =>
    new Promise<Response>((_, reject) =>
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason), { once: true }),
    );
  const source = alpacaStocks({ ...KEYS, timeoutMs: 5000, fetch: never });
  let error: unknown;
  const done = rejectionOf(source, asking(["AAPL"])).then((reason) => {
    error = reason;
  });
  await vi.advanceTimersByTimeAsync(4999);
  expect(error).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  await done;
  expect(error).toMatchObject({ code: "SOURCE_UNAVAILABLE", message: "no answer: Request timed out after 5000 ms" });
});

test("the time runs for the body too", async () => {
  const answer = () => stalled(`{"bars":{`, ID);
  const source = alpacaStocks({ ...KEYS, timeoutMs: 5000, fetch: async () => answer() });
  const done = rejectionOf(source, asking(["AAPL"]));
  await vi.advanceTimersByTimeAsync(5000);
  expect(await done).toMatchObject({ code: "SOURCE_UNAVAILABLE", requestId: REQUEST_ID });
});
