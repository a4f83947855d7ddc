import type { BarSource } from "../contracts/bar-source.ts";
import { OptionsError } from "../errors.ts";
import { emitTo } from "../executor/emit.ts";
import { toRunError } from "../executor/retry.ts";
import { defined } from "../model/defined.ts";
import type { RunError } from "../model/error-code.ts";
import type { EpochMs } from "../model/interval.ts";
import type { JobDefinition, RefusedJob } from "../model/job.ts";
import { refusalOf } from "../planning/jobs.ts";
import { systemClock } from "../system-clock.ts";
import { timeLimit } from "../time-limit.ts";
import type { EdgeContext } from "./edge-options.ts";
import { healing } from "./healing.ts";

/** A definition that cannot be planned, and why. */
export interface RefusedDefinition extends RefusedJob {
  /** Every problem with it, one a line. */
  readonly message: string;
}

/** What became of the definitions in one tick. */
export interface PlannedDefinitions {
  /** Runs that were new. */
  readonly enqueued: number;
  /** In the order of the definitions. */
  readonly refused: readonly RefusedDefinition[];
  /** Definitions that had no turn in time. */
  readonly left: number;
  /** Why no more could be planned. */
  readonly error?: RunError;
}

/**
 * Queues what the definitions lack, until `deadline`. Whatever goes wrong with it, the queue can be worked: never
 * rejects.
 */
export async function planDefinitions(context: EdgeContext, deadline: EpochMs): Promise<PlannedDefinitions> {
  const { parts, backfill, signal } = context;
  const { clock = systemClock, observer } = parts.backfill;
  const refused: RefusedDefinition[] = [];
  let left = 0;
  // Told by the platform: there is not even time to wait for the definitions.
  const limit = timeLimit(clock, deadline, signal);
  try {
    const healed = healing(parts.backfill, limit.signal);
    const jobs = await limit.within(() => healed(() => parts.jobs()));
    const enqueued = await backfill.tick(jobs, {
      deadline,
      ...defined({ signal }),
      onRefused: (job) => void refused.push(withMessage(job)),
      onLeft: (jobs) => {
        left = jobs;
      },
    });
    return { enqueued, refused, left };
  } catch (thrown) {
    if (signal?.aborted) return { enqueued: 0, refused, left };
    const error = toRunError(thrown);
    emitTo(observer, clock)({ type: "planning-failed", error });
    return { enqueued: 0, refused, left, error };
  } finally {
    limit.end();
  }
}

/** The enabled ones that no tick can plan for `source`, in the order of the definitions. */
export function refusedOf(jobs: readonly JobDefinition[], source: BarSource): RefusedDefinition[] {
  return jobs.flatMap((job) => {
    const refusal = job.enabled ? refusalOf(job, source) : undefined;
    return refusal === undefined ? [] : [withMessage(refusal)];
  });
}

function withMessage(job: RefusedJob): RefusedDefinition {
  return { ...job, message: new OptionsError(job.issues).message };
}
