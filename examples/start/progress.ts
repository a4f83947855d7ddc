import { type Observer, type ProgressMeter, progressMeter } from "barfill";

/** Shows how far a backfill is: one line that changes on a terminal, a line every tenth of the way elsewhere. */
export interface Progress {
  readonly observe: Observer;
  /** `slices` are to be worked in all, with so many requests expected. */
  start(slices: number, requests: number): void;
  stop(): void;
}

export function watchProgress(out: NodeJS.WriteStream, requestsPerMinute: number): Progress {
  let meter: ProgressMeter | undefined;
  let total = 0;
  let tenths = 0;
  return {
    observe(event) {
      meter?.observe(event);
      if (meter === undefined || !(event.type === "page" || event.type === "completed" || event.type === "failed"))
        return;
      const { slices, bars, requestsPerMinute: rate } = meter.snapshot(event.at);
      const percent = Math.floor((100 * slices) / Math.max(1, total));
      const text =
        `${String(percent).padStart(3)} %  ${slices}/${total} slices, ` +
        `${Math.round(rate).toLocaleString("en-US")} requests a minute, ${bars.toLocaleString("en-US")} bars`;
      if (out.isTTY) out.write(`\r\x1b[K${text}`);
      else if (Math.floor(percent / 10) > tenths) out.write(`${text}\n`);
      tenths = Math.floor(percent / 10);
    },
    start(slices, requests) {
      total = slices;
      meter = progressMeter({ slices, requests, requestsPerMinute }, Date.now());
    },
    stop() {
      if (out.isTTY && meter !== undefined) out.write("\r\x1b[K");
      meter = undefined;
    },
  };
}
