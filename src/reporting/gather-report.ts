import type { AssetList } from "../contracts/asset-list.ts";
import type { BarSource } from "../contracts/bar-source.ts";
import type { BarStore } from "../contracts/bar-store.ts";
import type { Clock } from "../contracts/clock.ts";
import type { Quarantine } from "../contracts/quarantine.ts";
import type { ExecutorContext } from "../executor/context.ts";
import { toRunError } from "../executor/retry.ts";
import type { Healed } from "../executor/until-healed.ts";
import type { WorkSummary } from "../executor/worker.ts";
import type { EpochMs } from "../model/interval.ts";
import type { Report } from "../model/report.ts";
import { gapsIn, type Wanted } from "../planning/wanted.ts";
import { buildReport, silentSeries } from "./report.ts";
import { emptySeries } from "./silence.ts";

export interface GatherReportParts {
  readonly source: BarSource;
  readonly store: BarStore;
  readonly quarantine: Quarantine;
  readonly assets: AssetList | undefined;
  readonly clock: Clock;
  readonly emit: ExecutorContext["emit"];
  readonly healed: Healed;
}

/** What the store holds and lacks of `wanted` now, and what `done`, begun at `started`, did for it. */
export async function gatherReport(
  wanted: Wanted,
  { done, started }: { readonly done: WorkSummary | undefined; readonly started: EpochMs },
  { source, store, quarantine, assets, clock, emit, healed }: GatherReportParts,
): Promise<Report> {
  const now = clock.now();
  const gaps = await healed(() => gapsIn(store, wanted.askable));
  const quarantined = await healed(() => quarantine.list(source.provider));
  const silent = done === undefined ? [] : silentSeries(done.runs);
  const empty = await emptySeries(silent, wanted.askable, {
    store,
    healed,
    assets,
    historyStart: source.limits.historyStart,
    now,
    onListFailing: (error) => emit({ type: "assets-failing", error: toRunError(error) }),
  });
  const input = { ...wanted, gaps, quarantined, empty, elapsedMs: clock.now() - started };
  return buildReport(done === undefined ? input : { ...input, work: done });
}
