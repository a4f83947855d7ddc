/** Puts an answer that knows no secret into JSON. */
export type Answer = (status: number, body: unknown) => Response;

/** Values shorter than this are no secrets, and would blot out words. */
const SHORTEST_SECRET = 8;

/** Answers in JSON from which every value of `secrets` is taken out: the last line, in case an error quoted one. */
export function answers(secrets: readonly string[], headers: Readonly<Record<string, string>>): Answer {
  const hidden = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  return (status, body) => {
    let text = JSON.stringify(body);
    for (const secret of hidden) text = text.replaceAll(JSON.stringify(secret).slice(1, -1), "***");
    return new Response(text, { status, headers: { "content-type": "application/json", ...headers } });
  };
}

/** Ours, and what supabase-js sends. @see https://supabase.com/docs/guides/functions/cors */
const ALLOWED_HEADERS = "authorization, x-client-info, apikey, content-type, x-retry-count, x-barfill-secret";

/** Headers for a page of an origin that was let in; empty for all others. */
export function corsHeaders(request: Request, allowOrigins: readonly string[]): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || !allowOrigins.includes(origin)) return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-headers": ALLOWED_HEADERS,
    "access-control-allow-methods": "GET, POST",
    vary: "origin",
  };
}
