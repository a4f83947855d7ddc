/** Why work was stopped from outside. */
export class StopSignal extends Error {
  override readonly name = "StopSignal";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** SIGINT is 2 and SIGTERM is 15; a shell adds 128. */
const KILLED: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGINT: 130, SIGTERM: 143 };

export interface StopWatch {
  /** Aborted with a {@link StopSignal} by the first SIGTERM or SIGINT; the second one ends the process at once. */
  readonly signal: AbortSignal;
  /** Which signal came. */
  stoppedBy(): NodeJS.Signals | undefined;
  end(): void;
}

export function watchForStop(onStop: (signal: NodeJS.Signals) => void): StopWatch {
  const stop = new AbortController();
  const heard = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(KILLED[signal]);
    onStop(signal);
    stop.abort(new StopSignal(signal));
  };
  const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];
  for (const signal of signals) process.on(signal, heard);
  return {
    signal: stop.signal,
    stoppedBy: () => (stop.signal.reason instanceof StopSignal ? stop.signal.reason.signal : undefined),
    end() {
      for (const signal of signals) process.off(signal, heard);
    },
  };
}
