import { defined } from "../model/defined.ts";
import { parseTimeframe } from "../model/timeframe.ts";
import { LABEL, LABEL_EXPECTED } from "../options/words.ts";
import type { Answer } from "./answer.ts";
import type { Act, EdgeContext } from "./edge-options.ts";
import { status } from "./status.ts";
import { type TickAnswer, tick } from "./tick.ts";

const ACTIONS = "tick, status, retry_failed or health";

/** What the orchestrator does. */
export const orchestrate: Act = async (context, request, action, answer) => {
  switch (action) {
    case "tick": {
      const ticked = await tick(context);
      return answer(statusOf(ticked), ticked);
    }
    case "status":
      return answer(200, await status(context));
    case "retry_failed":
      return retryFailed(context, new URL(request.url).searchParams, answer);
    default:
      return answer(400, { error: { code: "ACTION", message: `expected ?action= with ${ACTIONS}` } });
  }
};

/** 502: the source, or the database while runs were worked. 503: the database, or the definitions, before. */
function statusOf({ halted, planning_failed }: TickAnswer): number {
  if (halted !== undefined) return 502;
  return planning_failed === undefined ? 200 : 503;
}

async function retryFailed({ backfill }: EdgeContext, query: URLSearchParams, answer: Answer): Promise<Response> {
  const label = query.get("label");
  const spelled = query.get("timeframe");
  const timeframe = spelled === null ? undefined : parseTimeframe(spelled);
  if (spelled !== null && timeframe === undefined) {
    return answer(400, { error: { code: "TIMEFRAME", message: "expected a timeframe, such as m15 or 1Day" } });
  }
  if (label !== null && !LABEL.safeParse(label).success) {
    return answer(400, { error: { code: "LABEL", message: `expected ${LABEL_EXPECTED}` } });
  }
  const filter = defined({ label: label ?? undefined, timeframe });
  return answer(200, { requeued: await backfill.retryFailed(filter) });
}
