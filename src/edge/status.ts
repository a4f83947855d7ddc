import type { RunningRun } from "../contracts/slice-queue.ts";
import { toRunError } from "../executor/retry.ts";
import { runsIn } from "../executor/runs-in.ts";
import { defined } from "../model/defined.ts";
import type { Slice } from "../model/slice.ts";
import { systemClock } from "../system-clock.ts";
import { refusedOf } from "./definitions.ts";
import type { EdgeContext } from "./edge-options.ts";

const NEXT_SHOWN = 10;

/** The queue as people want to see it. */
export async function status({ parts, maxConcurrentRuns }: EdgeContext) {
  const { queue, source, clock = systemClock } = parts.backfill;
  const { provider } = source;
  const [definitions, counts, running, next] = await Promise.all([
    // The queue is shown, whatever the definitions are.
    Promise.resolve()
      .then(() => parts.jobs())
      .then(
        (jobs) => ({ refused: refusedOf(jobs, source), error: undefined }),
        (error) => ({ refused: [], error: toRunError(error) }),
      ),
    queue.counts({ provider }),
    queue.running({ provider }),
    queue.open({ provider, states: ["queued"], limit: NEXT_SHOWN }),
  ]);
  const now = clock.now();
  return {
    at: new Date(now).toISOString(),
    max_concurrent_runs: maxConcurrentRuns,
    counts: counts.map(({ label, ...count }) => ({ label: label ?? null, ...count })),
    running: running.map((run) => ({ ...shown(run.slice), ...held(run, now) })),
    queued: runsIn(counts, "queued"),
    next: next.map(shown),
    ...(definitions.refused.length === 0 ? {} : { refused_definitions: definitions.refused }),
    ...defined({ definitions_failed: definitions.error }),
  };
}

function shown({ id, label, timeframe, symbols, interval }: Slice) {
  return {
    run: id,
    label: label ?? null,
    timeframe,
    symbols: symbols.length,
    from: new Date(interval.start).toISOString(),
    to: new Date(interval.end).toISOString(),
  };
}

function held({ workerId, attempt, since, expiresAt, bars }: RunningRun, now: number) {
  return {
    worker: workerId,
    attempt,
    bars,
    since: new Date(since).toISOString(),
    held_for_s: Math.round((now - since) / 1000),
    // Below zero: its worker is gone, and the next tick takes it.
    expires_in_s: Math.round((expiresAt - now) / 1000),
  };
}
