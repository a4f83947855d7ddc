import { listJobs as savedJobs, saveJobs, setEnabled } from "../../adapters/postgres/index.ts";
import { defined } from "../../model/defined.ts";
import type { JobDefinition } from "../../model/job.ts";
import { refusalOf } from "../../planning/jobs.ts";
import { CommandError } from "../command-error.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { type Command, type Invocation, targetInput, withTarget } from "../invocation.ts";
import { isMeantBy, labelsMeant } from "../labels.ts";
import { timeframeIn } from "../numbers.ts";
import type { Settings } from "../settings/settings.ts";
import { describeSource } from "../source.ts";
import { openTarget } from "../target/target.ts";
import { refusalLines } from "../text/refusal-lines.ts";
import { table } from "../text/table.ts";
import { count, plural } from "../text/words.ts";
import { configuredJobs } from "../wish.ts";

export const listJobs: Command = async (invocation) => {
  const { terminal } = invocation;
  const jobs = await withTarget(openTarget(targetInput(invocation)), ({ client, schema }) =>
    savedJobs(client, { schema }),
  );
  const source = describeSource(invocation);
  const refused = jobs.flatMap((job) => refusalOf(job, source) ?? []);
  if (terminal.json) terminal.answer({ jobs, ...(refused.length === 0 ? {} : { refused }) });
  else if (jobs.length === 0) terminal.print("no jobs are saved");
  else {
    const rows = jobs.map(({ label, timeframe, enabled, symbols, windowDays, priority }) => [
      label,
      timeframe,
      enabled ? "enabled" : "disabled",
      // What was written by hand may be no list.
      ...[Array.isArray(symbols) ? symbols.length : 0, windowDays, priority].map(count),
    ]);
    const head = ["label", "bars of", "", "symbols", "days", "priority"];
    for (const line of table(head, rows, { words: 3 })) terminal.print(line);
    for (const line of refused.flatMap(refusalLines)) terminal.print(line);
  }
  return EXIT.complete;
};

export const saveConfiguredJobs: Command = async (invocation) => {
  const { terminal, settings } = invocation;
  const jobs = await configuredJobs(settings);
  if (jobs.length === 0) {
    const hint = "Write jobs into barfill.config.json";
    throw new CommandError("USAGE", "the config file has no jobs", { hint });
  }
  const stay = await withTarget(openTarget({ ...targetInput(invocation), create: true }), async (target) => {
    const { client, schema } = target;
    await saveJobs(client, jobs, { schema });
    return leftOver(await savedJobs(client, { schema }), jobs, settings);
  });
  for (const { label, timeframe } of stay) {
    terminal.note(
      `warning: ${label} ${timeframe} is not in the config any more, and stays enabled: ` +
        `barfill jobs disable ${label} --timeframe ${timeframe}`,
    );
  }
  if (terminal.json) terminal.answer({ saved: jobs.length });
  else terminal.print(`${plural(jobs.length, "job")} saved`);
  return EXIT.complete;
};

/** Those of `saved` that were cut from a label of the config when it had more symbols or timeframes. */
function leftOver(saved: readonly JobDefinition[], jobs: readonly JobDefinition[], settings: Settings) {
  const labels = (settings.jobs ?? []).map(({ label }) => label);
  const known = new Set(jobs.map(({ label, timeframe }) => `${label}|${timeframe}`));
  return saved.filter(
    ({ label, timeframe, enabled }) =>
      enabled && !known.has(`${label}|${timeframe}`) && labels.some((one) => isMeantBy(one, label)),
  );
}

export const enableJobs: Command = (invocation) => setAll(invocation, true);
export const disableJobs: Command = (invocation) => setAll(invocation, false);

async function setAll(invocation: Invocation, enabled: boolean): Promise<ExitCode> {
  const { terminal, operands, flags } = invocation;
  const [label = ""] = operands;
  const timeframe = timeframeIn(flags);
  const matched = await withTarget(openTarget(targetInput(invocation)), async ({ client, schema }) => {
    const known = (await savedJobs(client, { schema })).map((job) => job.label);
    let jobs = 0;
    for (const meant of labelsMeant(label, known, "among the saved jobs")) {
      const filter = { label: meant, ...defined({ timeframe }) };
      jobs += await setEnabled(client, filter, enabled, { schema });
    }
    return jobs;
  });
  if (terminal.json) terminal.answer({ matched, enabled });
  else terminal.print(`${plural(matched, "job")} ${enabled ? "enabled" : "disabled"}`);
  // The label has no job of this timeframe.
  return matched === 0 ? EXIT.failed : EXIT.complete;
}
