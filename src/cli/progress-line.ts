import type { Observer } from "../contracts/observer.ts";
import type { EpochMs } from "../model/interval.ts";
import { type ProgressSnapshot, type ProgressTotals, progressMeter } from "../progress.ts";
import type { Terminal } from "./terminal.ts";
import { count, duration, percent } from "./text/words.ts";

/** Shows on stderr how far a backfill is: one line that changes on a terminal, a line every tenth of the way elsewhere. */
export interface ProgressLine {
  readonly observe: Observer;
  /** What was seen, once it is over; ends the line. */
  stop(): ProgressSnapshot;
}

const REDRAWN_EVERY_MS = 200;

export function progressLine(terminal: Terminal, totals: ProgressTotals, now: () => EpochMs): ProgressLine {
  const meter = progressMeter(totals, now());
  const live = terminal.err.isTTY === true;
  const redraw = () => terminal.err.write(`\r\x1b[K${progressText(meter.snapshot(now()), totals)}`);
  const timer = live ? setInterval(redraw, REDRAWN_EVERY_MS).unref() : undefined;
  let tenths = 0;
  return {
    observe(event) {
      meter.observe(event);
      if (event.type === "held") say(`held: ${event.error.message}`);
      if (event.type === "quarantined") say(`refused: ${event.entry.symbol} (${event.entry.reason})`);
      if (event.type === "queue-failing") say(`the queue fails, asked again in ${duration(event.delayMs)}: ${event.error.message}`);
      if (live || (event.type !== "completed" && event.type !== "failed")) return;
      const seen = meter.snapshot(event.at);
      const reached = Math.floor((10 * seen.slices) / Math.max(1, totals.slices));
      if (reached <= tenths) return;
      tenths = reached;
      terminal.note(progressText(seen, totals));
    },
    stop() {
      clearInterval(timer);
      if (live) terminal.err.write("\r\x1b[K");
      return meter.snapshot(now());
    },
  };

  function say(line: string): void {
    terminal.note(`${live ? "\r\x1b[K" : ""}${line}`);
  }
}

/** `12/50 slices  1,204 requests  1.2 million …`; pure. */
export function progressText(seen: ProgressSnapshot, { slices }: ProgressTotals): string {
  const share = Math.min(1, seen.slices / Math.max(1, slices));
  const eta = seen.etaMs === undefined ? "" : `, ${duration(seen.etaMs)} to go`;
  const failed = seen.failed === 0 ? "" : `, ${count(seen.failed)} failed`;
  return (
    `${percent(share).padStart(6)}  ${count(seen.slices)}/${count(slices)} slices${failed}, ${count(seen.bars)} bars, ` +
    `${count(seen.requestsPerMinute)} requests a minute (${percent(seen.budgetUsed)} of the budget)${eta}`
  );
}
