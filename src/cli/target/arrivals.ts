import { once } from "node:events";
import { postgresArrivals } from "../../adapters/postgres/index.ts";
import type { Arrivals } from "../../contracts/arrivals.ts";
import { poolerMode } from "./pooler.ts";
import type { DatabaseTarget, TargetInput } from "./target.ts";

/**
 * Hears of what others queue in `target`; `undefined` where nobody can: in a folder, which has one process, and behind
 * a pooler that gives a connection that listens to others. A worker that polls needs none of it, so nothing fails here.
 */
export async function arrivalsOf(
  { client, schema }: Pick<DatabaseTarget, "client" | "schema">,
  { environment }: Pick<TargetInput, "environment">,
): Promise<Arrivals | undefined> {
  if (!("totalCount" in client)) return undefined;
  const mode = await poolerMode(environment["DATABASE_URL"] ?? "").catch(() => undefined);
  return mode === "none" || mode === "session" ? shared(postgresArrivals({ client, schema })) : undefined;
}

/**
 * `arrivals` for any number of listeners at a time, on one connection: from when the first one comes until the last one
 * goes.
 */
export function shared(arrivals: Arrivals): Arrivals {
  const listeners = new Set<(inMs: number) => void>();
  let line: { readonly end: AbortController; readonly over: Promise<void> } | undefined;
  return {
    async listen(onDue, { clock, signal }) {
      // Each a function of its own, though two may have passed the same one.
      const listener = (inMs: number) => onDue(inMs);
      listeners.add(listener);
      if (line === undefined) {
        const end = new AbortController();
        const tellAll = (inMs: number) => {
          for (const tell of listeners) tell(inMs);
        };
        line = { end, over: arrivals.listen(tellAll, { clock, signal: end.signal }) };
      } else onDue(0);
      if (!signal.aborted) await once(signal, "abort");
      listeners.delete(listener);
      if (listeners.size > 0) return;
      const { end, over } = line;
      line = undefined;
      end.abort();
      await over;
    },
  };
}
