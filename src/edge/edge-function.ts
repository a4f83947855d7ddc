import { isBarfillError } from "../errors.ts";
import { toRunError } from "../executor/retry.ts";
import { isAllowed } from "./access.ts";
import { answers, corsHeaders } from "./answer.ts";
import type { Act, EdgeContext, EdgeFunction, EdgeOptions } from "./edge-options.ts";

/** The only function that asks for definitions. */
export const ORCHESTRATOR = "orchestrator";

const HINT = "with a key, health also tries the database and the source";

/**
 * What the three functions share: settings that are named when they are missing, keys, health, CORS, errors. In this
 * order, so that a function without settings says so to everybody, and tells nobody else anything. What is behind that
 * is loaded by the first request that needs it: a part that cannot be loaded is an answer, not a function that does not
 * boot.
 */
export function edgeFunction<Name extends string>(
  name: string,
  options: EdgeOptions<Name>,
  load: () => Promise<Act>,
  maxConcurrentRuns = 1,
): EdgeFunction {
  const { env, needs, allowOrigins = [] } = options;
  const isSet = (setting: string) => (env[setting] ?? "") !== "";
  const missing: string[] = needs.filter((setting) => !isSet(setting));
  const keys = options.keys.flatMap((setting) => (isSet(setting) ? [env[setting] as string] : []));
  if (keys.length === 0 && !options.keys.some((key) => missing.includes(key))) missing.push(options.keys.join(" or "));
  const secrets = [...keys, ...needs.flatMap((setting) => env[setting] ?? [])];
  let connected: Promise<EdgeContext> | undefined;

  return async (request) => {
    const cors = corsHeaders(request, allowOrigins);
    if (request.method === "OPTIONS" && "access-control-allow-origin" in cors) {
      return new Response(null, { status: 204, headers: cors });
    }
    const answer = answers(secrets, cors);
    const action = actionOf(request);
    if (missing.length > 0) return answer(503, { function: name, ok: false, missing });
    if (!isAllowed(request, keys)) {
      if (action === "health") return answer(200, { function: name, missing, hint: HINT });
      return answer(401, {
        error: { code: "UNAUTHORIZED", message: "the service key or the shared secret is needed" },
      });
    }
    try {
      const context = await connect();
      if (action !== "health") return await (await load())(context, request, action, answer);
      const { probe } = await import("./health.ts");
      const probes = await probe(context, name === ORCHESTRATOR);
      const ok = probes.database.ok && probes.source.ok;
      return answer(ok ? 200 : 503, { function: name, ok, missing, ...probes });
    } catch (error) {
      const body = { function: name, ok: false, missing, error: toRunError(error) };
      return answer(statusOf(error), body);
    }
  };

  function connect(): Promise<EdgeContext> {
    connected ??= made().catch((error) => {
      connected = undefined;
      throw error;
    });
    return connected;
  }

  async function made(): Promise<EdgeContext> {
    const { wire } = await import("./wire.ts");
    return wire(options, maxConcurrentRuns);
  }
}

/** `?action=health`, or the last part of a path such as `/orchestrator/health`. */
function actionOf(request: Request): string {
  const { pathname, searchParams } = new URL(request.url);
  return searchParams.get("action") ?? (pathname.endsWith("/health") ? "health" : "");
}

/** Who must act: the operator (503), or whoever reads the log (500). */
function statusOf(error: unknown): number {
  return isBarfillError(error) ? 503 : 500;
}
