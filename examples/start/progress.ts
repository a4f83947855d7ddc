import { progress as progressBar } from "@clack/prompts";
import type { BackfillEvent, Observer } from "barfill";

/** Shows how far a backfill is: a bar on a terminal, a plain line every tenth of the way elsewhere. */
export interface Progress {
  readonly observe: Observer;
  /** `slices` are to be worked in all. */
  start(slices: number): void;
  stop(): void;
}

export function watchProgress(out: NodeJS.WriteStream): Progress {
  const seen = { requests: 0, bars: 0, runs: 0 };
  let startedAt = 0;
  let total = 0;
  let show: ((message: string, steps: number) => void) | undefined;
  let finish = () => {};

  const message = (at: number) => {
    const minutes = Math.max(1, at - startedAt) / 60_000;
    const rate = Math.round(seen.requests / minutes).toLocaleString("en-US");
    return `${seen.runs}/${total} slices, ${rate} requests a minute, ${seen.bars.toLocaleString("en-US")} bars`;
  };

  return {
    observe(event: BackfillEvent) {
      if (event.type === "page") {
        seen.requests++;
        seen.bars += event.bars;
        show?.(message(event.at), 0);
      } else if (event.type === "completed" || event.type === "failed") {
        seen.runs++;
        show?.(message(event.at), 1);
      }
    },
    start(slices) {
      startedAt = Date.now();
      total = slices;
      if (out.isTTY) {
        const bar = progressBar({ style: "block", max: total, size: 16 });
        bar.start("asking");
        show = (text, steps) => bar.advance(steps, text);
        finish = () => bar.stop(message(Date.now()));
      } else {
        let tenths = 0;
        show = (text) => {
          const reached = Math.floor((10 * seen.runs) / total);
          if (reached <= tenths) return;
          tenths = reached;
          out.write(`${String(reached * 10).padStart(3)} %  ${text}\n`);
        };
      }
    },
    stop: () => finish(),
  };
}
