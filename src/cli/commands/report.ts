import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { runHistory } from "../../adapters/postgres/index.ts";
import { coverageMaps } from "../../reporting/coverage-map.ts";
import { CommandError } from "../command-error.ts";
import { EXIT } from "../exit-code.ts";
import { withFailed } from "../failed-runs.ts";
import { backfillOf, type Command, type Invocation, targetInput, wishIn, withTarget } from "../invocation.ts";
import { reportPage } from "../page/page.ts";
import { allowanceText, rateOf } from "../rate.ts";
import { type ReportAnswer, reportAnswer } from "../report-answer.ts";
import { missingLines } from "../report-text.ts";
import type { Settings } from "../settings/settings.ts";
import { describeSource } from "../source.ts";
import { openTarget } from "../target/target.ts";
import { count, duration, percent, plural } from "../text/words.ts";
import { statusLines } from "./status.ts";

/** Enough for a year in steps of four days, and still a pixel or more on a phone. */
const COLUMNS = 96;

export const report: Command = async (invocation) => {
  const { terminal, flags, workingFolder } = invocation;
  const { answer, maps, held, refused } = await gather(invocation);
  const file = typeof flags["html"] === "string" ? resolve(workingFolder, flags["html"]) : undefined;
  if (file !== undefined) await write(file, reportPage(answer, maps));
  if (terminal.json) terminal.answer(file === undefined ? answer : { ...answer, html: file });
  else {
    for (const line of statusLines(answer.queue)) terminal.print(line);
    terminal.print();
    for (const line of summaryLines(answer, invocation.settings)) terminal.print(line);
    for (const line of missingLines(held)) terminal.print(line);
    terminal.print(`complete: ${answer.complete ? "yes" : "no"}`);
    if (file !== undefined) terminal.print(`page: ${file}`);
  }
  return answer.complete && refused === 0 ? EXIT.complete : EXIT.incomplete;
};

function gather(invocation: Invocation) {
  return withTarget(openTarget(targetInput(invocation)), async (target) => {
    const source = describeSource(invocation);
    const backfill = backfillOf(invocation, { target, source });
    const { provider } = source;
    let refused = 0;
    const looked = await backfill.report(await wishIn(invocation, target, () => refused++));
    const { schema, queue } = target;
    const failed = await runHistory(target.client, { provider, schema, states: ["failed"] });
    const slices = await queue.runsBySliceId(failed.runs.map(({ sliceId }) => sliceId));
    const held = withFailed(
      looked,
      failed.runs,
      slices.map(({ slice }) => slice),
    );
    const maps = coverageMaps(held, COLUMNS);
    const answer = reportAnswer({
      target: target.name,
      provider,
      at: invocation.clock.now(),
      requestsPerMinute: rateOf(invocation.settings),
      report: held,
      maps,
      queue: await queue.counts({ provider }),
      history: await runHistory(target.client, { provider, schema }),
    });
    return { answer, maps, held, refused };
  });
}

function summaryLines({ series, coveredShare, busiestMinute, slowest }: ReportAnswer, settings: Settings): string[] {
  const [slow] = slowest;
  return [
    `covered: ${count(series.covered)} of ${count(series.all)} series, ${percent(coveredShare)} of the time`,
    `busiest minute: at least ${plural(busiestMinute, "request")}; ${allowanceText(settings)}`,
    ...(slow === undefined
      ? []
      : [`slowest slice: ${slow.firstSymbol} ${slow.timeframe}, ${duration((slow.finishedAt ?? 0) - slow.startedAt)}`]),
  ];
}

async function write(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (cause) {
    throw new CommandError("FILE", `cannot write ${file}`, { hint: "Check the folder and its rights", cause });
  }
}
