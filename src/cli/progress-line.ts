import type { BackfillEvent, Observer } from "../contracts/observer.ts";
import type { RunError } from "../model/error-code.ts";
import type { EpochMs } from "../model/interval.ts";
import { type ProgressSnapshot, type ProgressTotals, progressMeter } from "../reporting/progress.ts";
import { waitingText } from "../reporting/waiting-text.ts";
import { withoutRequestId } from "./failed-runs.ts";
import { expectedRate, type Rate } from "./rate.ts";
import type { Terminal } from "./terminal.ts";
import { count, duration, percent, plural } from "./text/words.ts";

/**
 * Shows on stderr how far a backfill is: one line that changes on a terminal; elsewhere a line every tenth of the way,
 * and every half a minute in which something came.
 */
export interface ProgressLine {
  readonly observe: Observer;
  /** What was seen, once it is over; ends the line. */
  stop(): ProgressSnapshot;
}

/**
 * What there is to be done, no slices where nobody knows; at a rate that is learned nobody knows how much of it is
 * used.
 */
export interface WorkTotals extends Omit<ProgressTotals, "requestsPerMinute"> {
  readonly rate: Rate;
}

const REDRAWN_EVERY_MS = 200;
const SAID_EVERY_MS = 30_000;
/** The same trouble again is not said again so soon. */
const QUIET_MS = 10_000;

export function progressLine(
  terminal: Terminal,
  begun: WorkTotals,
  now: () => EpochMs,
  /** What to do about an error, where that is known and its message does not say it. */
  hintOn: (error: RunError) => string | undefined = () => undefined,
): ProgressLine {
  const meter = progressMeter({ ...begun, requestsPerMinute: expectedRate(begun.rate) }, now());
  let totals = begun;
  const live = terminal.err.isTTY === true;
  let waiting = "";
  const redraw = () => {
    // A line that wraps is not gone when the next one is drawn over it. The window may have been made narrower
    // meanwhile.
    const most = Math.max(1, (terminal.err.columns ?? Number.POSITIVE_INFINITY) - 1);
    const text = `${progressText(meter.snapshot(now()), totals)}${waiting}`;
    terminal.err.write(`\r\x1b[K${text.length > most ? `${text.slice(0, most - 1)}…` : text}`);
  };
  let tenths = 0;
  /** As many requests had been answered when the last line was said. */
  let saidOf = 0;
  const tell = (seen: ProgressSnapshot) => {
    saidOf = seen.requests;
    terminal.note(progressText(seen, totals));
  };
  const tellNews = () => {
    const seen = meter.snapshot(now());
    if (seen.requests > saidOf) tell(seen);
  };
  const timer = (live ? setInterval(redraw, REDRAWN_EVERY_MS) : setInterval(tellNews, SAID_EVERY_MS)).unref();
  const said = new Map<string, EpochMs>();
  return {
    observe(event) {
      meter.observe(event);
      if (event.type === "leased") waiting = "";
      if (event.type === "resliced" && totals.slices > 0) {
        totals = { ...totals, slices: totals.slices + event.after - event.before };
      }
      if (event.type === "waiting") {
        waiting = `, waiting: ${waitingText(event)}`;
        if (!live) terminal.note(`waiting: ${waitingText(event)}`);
      }
      const trouble = troubleIn(event);
      if (trouble !== undefined) complain(trouble, event.at);
      if (live || (event.type !== "completed" && event.type !== "failed")) return;
      const seen = meter.snapshot(event.at);
      const reached = Math.min(10, Math.floor((10 * seen.slices) / totals.slices));
      if (!isKnown(seen, totals) || reached <= tenths) return;
      tenths = reached;
      tell(seen);
    },
    stop() {
      clearInterval(timer);
      if (live) terminal.err.write("\r\x1b[K");
      return meter.snapshot(now());
    },
  };

  function complain({ what, how = "", error }: Trouble, at: EpochMs): void {
    const key = `${what} ${withoutRequestId(error.message)}`;
    // A worker that stays meets ever other messages, and must not grow with them.
    for (const [known, when] of said) if (at - when >= QUIET_MS) said.delete(known);
    if (said.has(key)) return;
    said.set(key, at);
    const hint = hintOn(error);
    say(`${what}${how}: ${error.message}${hint === undefined ? "" : `. ${hint}`}`);
  }

  function say(line: string): void {
    terminal.note(`${live ? "\r\x1b[K" : ""}${line}`);
  }
}

/** Something that people should hear of. What differs each time is in `how`. */
interface Trouble {
  readonly what: string;
  readonly how?: string;
  readonly error: RunError;
}

function troubleIn(event: BackfillEvent): Trouble | undefined {
  switch (event.type) {
    case "quarantined":
      return { what: "refused", error: { code: "SYMBOL_REJECTED", message: event.entry.reason } };
    case "held":
      return { what: "held", how: ` for ${duration(event.until - event.at)}`, error: event.error };
    case "failed":
      return { what: "failed", error: event.error };
    case "retrying": {
      const { what, attempt, attempts, delayMs, error } = event;
      // A store that takes nobody's is waited for, though all tries are used up.
      const tries = attempt < attempts ? ` (try ${attempt + 1} of ${attempts})` : "";
      return { what: `${what} failed`, how: `, again in ${duration(delayMs)}${tries}`, error };
    }
    case "queue-failing":
      return { what: "queue failed", how: `, again in ${duration(event.delayMs)}`, error: event.error };
    default:
      return undefined;
  }
}

/**
 * Whether it is known how much there is: not by a worker that stays, nor once it is more than there was at the start.
 */
function isKnown(seen: ProgressSnapshot, { slices }: WorkTotals): boolean {
  return slices > 0 && seen.slices <= slices;
}

/**
 * `  24 %  12/50 slices, 1,204 bars, 200 requests a minute (100 % of the budget), 38 s to go`; without a share where
 * nobody knows of what. Pure.
 */
export function progressText(seen: ProgressSnapshot, totals: WorkTotals): string {
  const { slices, rate } = totals;
  const known = isKnown(seen, totals);
  const done = known
    ? `${percent(seen.slices / slices).padStart(6)}  ${count(seen.slices)}/${count(slices)} slices`
    : plural(seen.slices, "slice");
  // Nobody knows how long the rest takes once all is done that was expected.
  const { etaMs = 0 } = seen;
  const eta = seen.slices < slices && etaMs > 0 ? `, ${duration(etaMs)} to go` : "";
  const failed = seen.failed === 0 ? "" : `, ${count(seen.failed)} failed`;
  const used = rate === "learn" ? "" : ` (${percent(seen.budgetUsed)} of the budget)`;
  return (
    `${done}${failed}, ${plural(seen.bars, "bar")}, ` +
    `${plural(seen.requestsPerMinute, "request")} a minute${used}${eta}`
  );
}
