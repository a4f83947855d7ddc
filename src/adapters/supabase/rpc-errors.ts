import { StoreError } from "../../errors.ts";
import { defined } from "../../model/defined.ts";
import { fromSqlError, isSqlState, withoutSecrets } from "../postgres/sql-errors.ts";
import type { RpcError } from "./client.ts";

const MIGRATE = "Run the migrations (`supabaseMigrations()` as files, then `supabase db push`; or `barfill migrate`)";

/** Where Supabase wants another advice than PostgreSQL. */
const SQL_HINTS: Readonly<Record<string, string>> = {
  "42703": `${MIGRATE}: the tables are older than this version`,
  "42883": `${MIGRATE}: the functions are older than this version`,
  "42P01": `${MIGRATE}, or check the schema's name`,
  "42501": "Use the secret (service_role) key: the public key and users who are signed in may do nothing here",
  "57014": "The API's statement_timeout ended it: 8 seconds, unless the role service_role has another",
};

/** PostgREST, error codes. */
const POSTGREST: Readonly<Record<string, { readonly disposition: "retry" | "halt"; readonly hint?: string }>> = {
  PGRST000: { disposition: "retry" }, // no connection to the database
  PGRST001: { disposition: "retry" }, // the same, within
  PGRST002: { disposition: "retry" }, // no schema cache yet
  PGRST003: { disposition: "retry" }, // no connection in time
  PGRST106: { disposition: "halt", hint: "Add the schema to the exposed schemas in the API settings of the project" },
  PGRST202: {
    disposition: "halt",
    hint: `${MIGRATE}, or check the schema's name; if they are newer than the API: notify pgrst, 'reload schema'`,
  },
};

/** Of the gateway: what another try can cure. */
const RETRY_STATUS: ReadonlySet<number> = new Set([408, 425, 429]);

const CHECK_KEY = "Check the URL and the secret (service_role) key of the project";

/** Turns what a call answered into a {@link StoreError}. */
export function fromRpcError(name: string, error: RpcError, status: number): StoreError {
  const code = error.code ?? "";
  if (isSqlState(code)) return fromSqlError({ ...error, code }, error, SQL_HINTS);
  const known = POSTGREST[code];
  const disposition = known?.disposition ?? (isPassing(status) ? "retry" : "halt");
  const hint = known?.hint ?? (status === 401 || status === 403 ? CHECK_KEY : error.hint || undefined);
  const answered = status === 0 ? "no answer" : `HTTP ${status}`;
  const said = words(error.message);
  return new StoreError(`${name}: ${answered}${code === "" ? "" : ` ${code}`}${said === "" ? "" : `: ${said}`}`, {
    disposition,
    ...(error.details && status !== 0 ? { details: withoutSecrets(error.details) } : {}),
    ...defined({ hint }),
    cause: error,
  });
}

function isPassing(status: number): boolean {
  return status === 0 || status >= 500 || RETRY_STATUS.has(status);
}

/** A gateway answers in HTML: its title says it. */
function words(message: string): string {
  const title = /<title>([^<]*)<\/title>/i.exec(message)?.[1];
  const text = title ?? (message.trimStart().startsWith("<") ? "" : message);
  return withoutSecrets(text).replace(/\s+/g, " ").trim().slice(0, 200);
}
