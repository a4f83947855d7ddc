import { describe, expect, test } from "vitest";
import { fromClientError, withoutSecrets } from "../../../src/adapters/postgres/sql-errors.ts";
import { OptionsError, StoreError } from "../../../src/errors.ts";

const failure = (message: string, parts: object = {}) => Object.assign(new Error(message), parts);

describe("what another try can cure", () => {
  test.each([
    "08006",
    "08P01",
    "25P03",
    "40001",
    "40P01",
    "53100",
    "53300",
    "55P03",
    "57014",
    "57P01",
    "57P02",
    "57P03",
  ])("SQLSTATE %s", (code) => {
    expect(fromClientError(failure("x", { code }))).toMatchObject({ disposition: "retry", sqlState: code });
  });

  test.each(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"])("%s", (code) => {
    expect(fromClientError(failure("x", { code }))).toMatchObject({ disposition: "retry", sqlState: undefined });
  });

  test.each([
    "Connection terminated unexpectedly",
    "Connection terminated due to connection timeout",
    "timeout exceeded when trying to connect",
    "Client has encountered a connection error and is not queryable",
    "Client was closed and is not queryable",
  ])("%s", (message) => {
    expect(fromClientError(failure(message))).toMatchObject({ disposition: "retry" });
  });

  test("a refusal at every address, which has a code and no message", () => {
    const error = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
    expect(fromClientError(error)).toMatchObject({ disposition: "retry", message: /ECONNREFUSED/ });
  });
});

describe("what halts", () => {
  test.each([
    ["42P01", /Run the migrations \(`await migrate\(client\)`, or `barfill migrate`\)/],
    ["3F000", /Run the migrations \(`await migrate\(client\)`, or `barfill migrate`\)/],
    ["42883", /Run the migrations \(`await migrate\(client\)`, or `barfill migrate`\)/],
    ["42501", /Grant/],
    ["28P01", /password/],
    ["25006", /primary/],
    ["23514", /partition/],
  ])("SQLSTATE %s, with a hint", (code, hint) => {
    expect(fromClientError(failure("x", { code }))).toMatchObject({ disposition: "halt", sqlState: code, hint });
  });

  test("any other SQLSTATE, with the server's own hint", () => {
    const error = fromClientError(failure("x", { code: "22003", hint: "use a larger type" }));
    expect(error).toMatchObject({ disposition: "halt", hint: "use a larger type", message: /SQLSTATE 22003/ });
  });
});

test("a URL in a message loses its user and password, and the cause stays", () => {
  const cause = failure("no pg_hba.conf entry for postgres://me:hunter2@db.example/x", { code: "28000" });
  const error = fromClientError(cause) as StoreError;
  expect(error.message).not.toContain("hunter2");
  expect(error.message).toContain("postgres://db.example/x");
  expect(error.cause).toBe(cause);
});

test.each([
  ["no password", "postgres://me@db/x", "postgres://db/x"],
  ["an @", "postgres://me:p@ss@db/x", "postgres://db/x"],
  ["a /", "postgres://me:p/ss@db/x", "postgres://db/x"],
  ["a / and an @", 'at "postgres://me:p/s@s/@db:5432/x"', 'at "postgres://db:5432/x"'],
  ["a space", "postgres://me:p ss@db/x is gone", "postgres://db/x is gone"],
  ["a ? and a #", "postgres://me:p?s#s@db/x", "postgres://db/x"],
  ["a user with a /", "postgres://m/e:p@ss@db/x", "postgres://db/x"],
  ["two URLs", "postgres://me:pass@a/x or postgres://me:pass@b/x", "postgres://b/x"],
  ["two lines", "postgres://me:pass@a/x\npostgres://me:pass@b/x", "postgres://a/x\npostgres://b/x"],
  ["no URL", "role me@x is unknown, see https://docs/y", "role me@x is unknown, see https://docs/y"],
])("of a URL nothing stays but what comes after its user and password: %s", (_, message, left) => {
  expect(withoutSecrets(message)).toBe(left);
});

test("barfill's own errors and programming errors pass as they are", () => {
  const all = [new StoreError("x", { disposition: "halt" }), new OptionsError([]), new TypeError("bug"), "text"];
  expect(all.map(fromClientError)).toEqual(all);
});
