import type { BackfillEvent, Observer } from "./contracts/observer.ts";
import { formatInterval } from "./model/interval.ts";
import type { Slice } from "./model/slice.ts";
import { waitingText } from "./reporting/waiting-text.ts";

/** Pino's numbers. */
const LEVELS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };
/** From the least to the most urgent; on the line as pino's numbers, 20 to 50. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What {@link logObserver} writes, and where. */
export interface LogObserverOptions {
  /** Takes each line, without a line end; default `console.log`. */
  readonly write?: (line: string) => void;
  /** The least level that is written; default `info`, which leaves out pages and commits. */
  readonly level?: LogLevel;
  /** Fields of every line, such as `{ name: "orchestrator" }`. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/**
 * An {@link Observer} that writes one JSON object a line, as pino does: `level`, `time` (ms), `msg`, and beside them
 * `event` with the event's type and what it is about. A run is named by its slice id, label, timeframe and interval;
 * its symbols are counted, not listed. A tick that started nothing although runs are queued is a warning that says why.
 *
 * @example
 * ```ts
 * createBackfill({ source, store, queue, observer: logObserver({ level: "debug" }) });
 * // {"level":30,"time":1704189600000,"event":"completed","run":"6f…","label":"US_BATCH_1",…,"msg":"completed"}
 * ```
 */
export function logObserver({ write = toConsole, level = "info", fields = {} }: LogObserverOptions = {}): Observer {
  const least = LEVELS[level];
  return (event) => {
    const line = lineOf(event);
    if (LEVELS[line.level] < least) return;
    const { type, at } = event;
    const head = { level: LEVELS[line.level], time: at, ...fields, event: type };
    write(JSON.stringify({ ...head, ...line.about, msg: line.msg }));
  };
}

// biome-ignore lint/suspicious/noConsole: where a log goes when nobody says otherwise
const toConsole = (line: string) => console.log(line);

interface Line {
  readonly level: LogLevel;
  readonly msg: string;
  readonly about: Readonly<Record<string, unknown>>;
}

function lineOf(event: BackfillEvent): Line {
  switch (event.type) {
    case "enqueued": {
      const { slices, fresh } = event;
      return {
        level: fresh > 0 ? "info" : "debug",
        msg: `queued ${fresh} ${fresh === 1 ? "run" : "runs"}`,
        about: { slices, fresh },
      };
    }
    case "job-refused": {
      const { label, timeframe, issues } = event;
      return { level: "error", msg: "a job is left out: it cannot be planned", about: { label, timeframe, issues } };
    }
    case "jobs-left":
      return {
        level: "warn",
        msg: "the time to plan was up: the next tick plans the rest",
        about: { jobs: event.jobs },
      };
    case "planning-failed":
      return { level: "error", msg: "planning failed; what is queued is worked", about: { err: event.error } };
    case "leased":
      return { level: "info", msg: "claimed", about: { ...named(event.slice), attempt: event.attempt } };
    case "dispatched":
      return { level: "info", msg: "dispatched", about: { ...named(event.slice), to: event.to } };
    case "dispatch-failed": {
      const { slice, to, next, error } = event;
      return { level: "warn", msg: `dispatch failed: ${NEXT[next]}`, about: { ...named(slice), to, err: error } };
    }
    case "page": {
      const { slice, symbols, interval, bars, last } = event;
      const about = { ...named(slice), asked: symbols, of: formatInterval(interval), bars, last };
      return { level: "debug", msg: last ? "last page" : "page", about };
    }
    case "committed":
      return { level: "debug", msg: "committed", about: { ...named(event.slice), ...event.counts } };
    case "held": {
      const { until, error } = event;
      const msg = error.code === "SOURCE_RATE_LIMITED" ? "the source asks for patience" : "the source answers nobody";
      return { level: "warn", msg, about: { until: iso(until), err: error } };
    }
    case "retrying": {
      const { slice, what, delayMs, error } = event;
      return { level: "warn", msg: `${what} failed, tried again`, about: { ...named(slice), delayMs, err: error } };
    }
    case "quarantined": {
      const { provider, symbol, reason } = event.entry;
      return { level: "warn", msg: `${symbol} is left out from now on`, about: { provider, symbol, reason } };
    }
    case "completed":
      return { level: "info", msg: "completed", about: { ...named(event.slice), ...event.result } };
    case "failed":
      return { level: "error", msg: "failed", about: { ...named(event.slice), err: event.error } };
    case "waiting": {
      const { queued, running, workers, until } = event;
      const about = { queued, running, workers, ...(until === undefined ? {} : { until: iso(until) }) };
      return { level: "info", msg: `waiting: ${waitingText(event)}`, about };
    }
    case "lost":
      return {
        level: "warn",
        msg: "the lease is lost: another has the run, or it was cancelled",
        about: named(event.slice),
      };
    case "returned":
      return { level: "info", msg: "handed back", about: named(event.slice) };
    case "ticked": {
      const { enqueued, claimed, queued, running, note, stuck } = event;
      const msg = stuck ? `the queue is stuck: ${note}` : `tick: ${note}`;
      return { level: stuck ? "warn" : "info", msg, about: { enqueued, claimed, queued, running, stuck } };
    }
    case "resliced": {
      const { type: _, at: __, ...about } = event;
      return { level: "info", msg: "queued slices cut anew, for fewer or for even pages", about };
    }
    case "assets-failing":
      return {
        level: "warn",
        msg: "the list of assets is not to be had; the report tells less of empty series",
        about: { err: event.error },
      };
    case "queue-failing":
      return {
        level: "warn",
        msg: "the queue failed, asked again",
        about: { delayMs: event.delayMs, err: event.error },
      };
    case "halted":
      return { level: "error", msg: "halted: this would fail everywhere", about: { err: event.error } };
  }
}

const NEXT = {
  here: "worked here, symbol by symbol",
  returned: "back in the queue",
  left: "left to its lease",
} as const;

function named({ id, label, timeframe, symbols, interval }: Slice) {
  return { run: id, label, timeframe, symbols: symbols.length, from: iso(interval.start), to: iso(interval.end) };
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
