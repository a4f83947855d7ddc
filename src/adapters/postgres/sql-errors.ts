import { isBarfillError, StoreError } from "../../errors.ts";

/** SQLSTATE that another try can cure; two characters stand for a class. PostgreSQL, appendix A. */
const RETRY: ReadonlySet<string> = new Set([
  "08", // connection exceptions; PgBouncer's own refusals come as 08P01
  "53", // too few connections, memory or disk
  "25P03", // idle_in_transaction_session_timeout
  "25P04", // transaction_timeout
  "40001", // serialization_failure
  "40003", // statement_completion_unknown
  "40P01", // deadlock_detected
  "55P03", // lock_not_available
  "57014", // query_canceled: statement_timeout
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
  "57P05", // idle_session_timeout
]);

const MIGRATE = "Run the migrations (`await migrate(client)`, or `barfill migrate`)";

const HINTS: Readonly<Record<string, string>> = {
  "23514": "Create the partition that these bars belong to",
  "25006": "This server is read-only: connect to the primary",
  "28000": "Check the user and the server's pg_hba.conf",
  "28P01": "Check the user and the password",
  "3D000": "Create the database, or check its name",
  "3F000": `${MIGRATE}, or check the schema's name`,
  "42501": "Grant this role what it needs, or run the migrations as the schema's owner",
  "42703": `${MIGRATE}: the tables are older than this version`,
  "42883": `${MIGRATE}: the functions are missing, or older than this version`,
  "42P01": `${MIGRATE}, or check the schema's name`,
  "42P05": "Use a client without named prepared statements behind PgBouncer",
};

/** What the system says when there was no server to give a SQLSTATE. */
const NETWORK: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** The words of `pg` and `pg-pool` for a connection that is gone or was not to be had. */
const GONE =
  /connection terminated|connection ended|is not queryable|timeout exceeded when trying to connect|query read timeout/i;

/** The words of `pg-pool` and PGlite for what its owner has closed. */
const CLOSED = /pool after calling end|PGlite is (?:closed|closing)/;

/** Turns what a client throws into a {@link StoreError}; errors of barfill come back as they are. */
export function fromClientError(error: unknown): unknown {
  if (isBarfillError(error) || !(error instanceof Error)) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  if ((code !== undefined && NETWORK.has(code)) || (code === undefined && GONE.test(error.message))) {
    const reason = withoutSecrets(error.message) || code;
    return new StoreError(`no connection to the database: ${reason}`, { disposition: "retry", cause: error });
  }
  if (code === undefined && CLOSED.test(error.message)) {
    const hint = "The client is closed: end it when barfill has nothing in hand any more";
    return new StoreError(`no connection to the database: ${error.message}`, {
      disposition: "halt",
      hint,
      cause: error,
    });
  }
  return isSqlState(code) ? fromSqlError(error as Error & SqlError, error) : error;
}

/** What a server says of an error; `pg` calls the details `detail`. */
export interface SqlError {
  readonly code: string;
  readonly message: string;
  readonly detail?: unknown;
  readonly details?: unknown;
  readonly hint?: unknown;
}

export function isSqlState(code: string | undefined): code is string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code);
}

/**
 * An error of the server's as a {@link StoreError}; `hints` come before barfill's own, and those before the server's.
 */
export function fromSqlError(
  { code, message, detail, details = detail, hint }: SqlError,
  cause: unknown,
  hints: Readonly<Record<string, string>> = {},
): StoreError {
  const advice = hints[code] ?? HINTS[code] ?? hint;
  return new StoreError(`${withoutSecrets(message)} (SQLSTATE ${code})`, {
    disposition: RETRY.has(code) || RETRY.has(code.slice(0, 2)) ? "retry" : "halt",
    sqlState: code,
    ...(typeof details === "string" ? { details: withoutSecrets(details) } : {}),
    ...(typeof advice === "string" ? { hint: advice } : {}),
    cause,
  });
}

/**
 * A URL in a message loses its user and password. A password may hold `@`, `/` and spaces, and nothing tells where it
 * ends: so all goes up to the last `@` of the line, and a host in between with it, rather than a part of a password
 * stays.
 */
export function withoutSecrets(message: string): string {
  return message.replace(/\/\/.*@/g, "//");
}
