import { type Backfill, createBackfill } from "../backfill.ts";
import type { Arrivals } from "../contracts/arrivals.ts";
import type { BarSource } from "../contracts/bar-source.ts";
import type { Clock } from "../contracts/clock.ts";
import type { Observer } from "../contracts/observer.ts";
import { defined } from "../model/defined.ts";
import type { RefusedJob } from "../model/job.ts";
import { pageBudget } from "../planners/page-budget.ts";
import type { ExitCode } from "./exit-code.ts";
import { type ProgressLine, progressLine, type WorkTotals } from "./progress-line.ts";
import type { Environment } from "./settings/environment.ts";
import type { Flags, Settings } from "./settings/settings.ts";
import { describeSource, silenceHint } from "./source.ts";
import { openTarget, type Target, type TargetInput } from "./target/target.ts";
import type { Terminal } from "./terminal.ts";
import { refusalLines } from "./text/refusal-lines.ts";
import { wishOf } from "./wish.ts";

/** One call of one command. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly settings: Settings;
  readonly environment: Environment;
  readonly flags: Flags;
  /** Operands, in order. */
  readonly operands: readonly string[];
  readonly workingFolder: string;
  readonly clock: Clock;
}

export type Command = (invocation: Invocation) => Promise<ExitCode>;

export function targetInput({ settings, environment, flags }: Invocation): TargetInput {
  return { settings, environment, folderByFlag: flags["folder"] !== undefined };
}

/** Runs `use` with the database, and closes it whatever happens. */
export async function withTarget<T, Opened extends Target>(
  opened: Promise<Opened>,
  use: (target: Opened) => Promise<T>,
): Promise<T> {
  const target = await opened;
  try {
    return await use(target);
  } finally {
    await target.close();
  }
}

export interface BackfillInput {
  readonly target: Target;
  readonly source: BarSource;
  readonly observer?: Observer;
  readonly arrivals?: Arrivals | undefined;
}

/** A backfill as the settings have it. */
export function backfillOf(
  { settings, clock }: Pick<Invocation, "settings" | "clock">,
  { target, source, observer, arrivals }: BackfillInput,
): Backfill {
  const { requestsPerMinute, burst, concurrency, pages, leaseMs, quarantineDays } = settings;
  // One process works in a folder, so what a killed one had in hand may be taken up soon.
  const lease = leaseMs ?? (target.kind === "folder" ? 5000 : undefined);
  return createBackfill({
    source,
    store: target.store,
    queue: target.queue,
    quarantine: target.quarantine,
    clock,
    ...defined({ requestsPerMinute, burst, concurrency, quarantineDays, observer, arrivals, leaseMs: lease }),
    ...(pages === undefined ? {} : { planner: pageBudget({ pages }) }),
  });
}

/** What is seen of a backfill while it works. */
export function progressOf({ terminal, settings, clock }: Invocation, totals: WorkTotals): ProgressLine {
  return progressLine(
    terminal,
    totals,
    () => clock.now(),
    (error) => silenceHint(settings, error),
  );
}

/** What the store holds and lacks of the wish; asks nothing of the source. */
export function lookAt(invocation: Invocation) {
  return withTarget(openTarget(targetInput(invocation)), async (target) => {
    const backfill = backfillOf(invocation, { target, source: describeSource(invocation) });
    let refused = 0;
    const report = await backfill.report(await wishIn(invocation, target, () => refused++));
    return { target, report, refused };
  });
}

/** What is wanted. Of saved jobs that cannot be planned the terminal is told, and `onRefused`. */
export function wishIn(
  invocation: Invocation,
  target: Target | undefined,
  onRefused: (job: RefusedJob) => void = () => {},
) {
  const { clock, terminal } = invocation;
  const refused = (job: RefusedJob) => {
    for (const line of refusalLines(job)) terminal.note(line);
    onRefused(job);
  };
  const source = describeSource(invocation);
  return wishOf({ ...invocation, target, source, now: clock.now(), onRefused: refused });
}
