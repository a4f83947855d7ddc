import type { Terminal } from "./terminal.ts";

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
  /**
   * Aborted with a {@link StopSignal} by the first SIGTERM or SIGINT, after which another one ends the process at once;
   * by SIGPIPE when nobody reads the terminal any more.
   */
  readonly signal: AbortSignal;
  /** Which signal came. */
  stoppedBy(): NodeJS.Signals | undefined;
  end(): void;
}

export function watchForStop(
  { unread }: Pick<Terminal, "unread">,
  onStop: (signal: NodeJS.Signals) => void,
): StopWatch {
  const stop = new AbortController();
  const stopBy = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) return;
    onStop(signal);
    stop.abort(new StopSignal(signal));
  };
  // Ctrl-C ends the reader of a pipe too, so what comes first may be SIGPIPE: then the signal is still the first one.
  let isSecond = false;
  const heard = (signal: NodeJS.Signals) => {
    if (isSecond) process.exit(KILLED[signal]);
    isSecond = true;
    stopBy(signal);
  };
  const onUnread = () => stopBy("SIGPIPE");
  const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];
  for (const signal of signals) process.on(signal, heard);
  unread.addEventListener("abort", onUnread);
  if (unread.aborted) onUnread();
  return {
    signal: stop.signal,
    stoppedBy: () => (stop.signal.reason instanceof StopSignal ? stop.signal.reason.signal : undefined),
    end() {
      for (const signal of signals) process.off(signal, heard);
      unread.removeEventListener("abort", onUnread);
    },
  };
}
