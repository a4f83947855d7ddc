import type { RunningRun } from "../contracts/slice-queue.ts";
import { groupBy } from "../model/group-by.ts";
import type { EpochMs } from "../model/interval.ts";
import { cut } from "./text/cut.ts";
import { instant, plural } from "./text/words.ts";

/**
 * Who holds runs at `now`, and until when: one line a worker, none for leases that are over. Nobody can tell whether such a
 * worker is alive; one that is renews its leases long before they end.
 */
export function leaseLines(running: readonly RunningRun[], now: EpochMs): string[] {
  const held = running.filter(({ expiresAt }) => expiresAt > now);
  const workers = [...groupBy(held, ({ workerId }) => workerId)];
  return cut(
    workers.map(([worker, runs]) => {
      const end = Math.max(...runs.map(({ expiresAt }) => expiresAt));
      const [are, they] = runs.length === 1 ? ["is", "it is"] : ["are", "they are"];
      const until = instant(Math.ceil(end / 1000) * 1000);
      return `${plural(runs.length, "run")} ${are} leased by ${worker} until ${until}; ${they} taken over then if ${worker} is dead`;
    }),
  );
}
