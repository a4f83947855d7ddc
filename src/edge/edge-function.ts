import * as z from "zod";
import { createBackfill } from "../backfill.ts";
import { isBarfillError } from "../errors.ts";
import { check, wholeNumber } from "../options/check.ts";
import { isAllowed } from "./access.ts";
import { type Answer, answers, corsHeaders, errorBody } from "./answer.ts";
import type { EdgeContext, EdgeFunction, EdgeOptions, Settings } from "./edge-options.ts";
import { probe } from "./health.ts";

/** Under the minute between two ticks; a request may come when half of a worker's 150 s are over. */
const DEFAULT_BUDGET_MS = 50_000;

const NUMBERS = z.object({
  budgetMs: wholeNumber(1000, 86_400_000),
  maxConcurrentRuns: wholeNumber(1, 1000).optional(),
});

const HINT = "with a key, health also tries the database and the source";

/** What one function does with an allowed request for `action` (empty: none was named). */
export type Act = (context: EdgeContext, request: Request, action: string, answer: Answer) => Promise<Response>;

/**
 * What the three functions share: settings that are named when they are missing, keys, health, CORS, errors. In this
 * order, so that a function without settings says so to everybody, and tells nobody else anything.
 */
export function edgeFunction<Name extends string>(
  name: string,
  options: EdgeOptions<Name>,
  act: Act,
  numbers: { readonly maxConcurrentRuns?: number } = {},
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
      if (action !== "health") return await act(context, request, action, answer);
      const probes = await probe(context);
      const ok = probes.database.ok && probes.source.ok;
      return answer(ok ? 200 : 503, { function: name, ok, missing, ...probes });
    } catch (error) {
      const body = { function: name, ok: false, missing, error: errorBody(error) };
      return answer(statusOf(error), body);
    }
  };

  function connect(): Promise<EdgeContext> {
    connected ??= wire().catch((error) => {
      connected = undefined;
      throw error;
    });
    return connected;
  }

  async function wire(): Promise<EdgeContext> {
    const { budgetMs = DEFAULT_BUDGET_MS, signal } = options;
    // Not at boot, where whoever deploys it would see nothing but that it does not boot.
    check(NUMBERS, { budgetMs, ...numbers });
    const parts = await options.connect(env as Settings<Name>);
    return { parts, backfill: createBackfill(parts.backfill), budgetMs, signal };
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
