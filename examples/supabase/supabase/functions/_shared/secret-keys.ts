type Environment = Readonly<Record<string, string | undefined>>;

/** The names under which Supabase gives the keys that may do everything. */
const NEW = "SUPABASE_SECRET_KEYS";
const OLD = "SUPABASE_SERVICE_ROLE_KEY";

/**
 * The secret keys of the project, by the name under which an answer may speak of them; the first one is the one to use.
 * Those of `SUPABASE_SECRET_KEYS`, a JSON object of keys by name, with `default` before the others. Only where it has
 * none, the older service_role key: it may stay in the environment though it is disabled, and must open nothing then.
 */
export function secretKeysIn(env: Environment): Readonly<Record<string, string>> | "malformed" {
  const named = parsed(env[NEW] || "{}");
  if (named === "malformed") return named;
  const names = Object.keys(named).sort((a, b) => Number(b === "default") - Number(a === "default"));
  if (names.length > 0) return Object.fromEntries(names.map((name) => [`${NEW}.${name}`, named[name] as string]));
  const old = env[OLD];
  return old ? { [OLD]: old } : {};
}

/** What is missing of them, or wrong with them; never what they are. */
export function missingKey(keys: ReturnType<typeof secretKeysIn>): string {
  return keys === "malformed" ? `${NEW} (which is no JSON object of keys by name)` : `${NEW} or ${OLD}`;
}

function parsed(json: string): Readonly<Record<string, string>> | "malformed" {
  let keys: unknown;
  try {
    keys = JSON.parse(json);
  } catch {
    // Its message would quote the text.
    return "malformed";
  }
  const isObject = typeof keys === "object" && keys !== null && !Array.isArray(keys);
  const areKeys = isObject && Object.values(keys as object).every((key) => typeof key === "string" && key !== "");
  return areKeys ? (keys as Record<string, string>) : "malformed";
}
