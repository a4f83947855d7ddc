import { progress as progressBar } from "@clack/prompts";
import { type BackfillEvent, type Observer, type ProgressMeter, progressMeter } from "barfill";

/** Shows how far a backfill is: a bar on a terminal, a plain line every tenth of the way elsewhere. */
export interface Progress {
  readonly observe: Observer;
  /** `slices` are to be worked in all, with so many requests expected. */
  start(slices: number, requests: number): void;
  stop(): void;
}

export function watchProgress(out: NodeJS.WriteStream, requestsPerMinute: number): Progress {
  let meter: ProgressMeter | undefined;
  let total = 0;
  let show: ((message: string, steps: number) => void) | undefined;
  let finish = () => {};

  const message = (at: number) => {
    const { slices = 0, bars = 0, requestsPerMinute = 0 } = meter?.snapshot(at) ?? {};
    const rate = Math.round(requestsPerMinute).toLocaleString("en-US");
    return `${slices}/${total} slices, ${rate} requests a minute, ${bars.toLocaleString("en-US")} bars`;
  };

  return {
    observe(event: BackfillEvent) {
      meter?.observe(event);
      if (event.type === "page") show?.(message(event.at), 0);
      else if (event.type === "completed" || event.type === "failed") show?.(message(event.at), 1);
    },
    start(slices, requests) {
      total = slices;
      meter = progressMeter({ slices, requests, requestsPerMinute }, Date.now());
      if (out.isTTY) {
        const bar = progressBar({ style: "block", max: total, size: 16 });
        bar.start("asking");
        show = (text, steps) => bar.advance(steps, text);
        finish = () => bar.stop(message(Date.now()));
      } else {
        let tenths = 0;
        let over = 0;
        show = (text, steps) => {
          over += steps;
          const reached = Math.floor((10 * over) / total);
          if (reached <= tenths) return;
          tenths = reached;
          out.write(`${String(reached * 10).padStart(3)} %  ${text}\n`);
        };
      }
    },
    stop: () => finish(),
  };
}
