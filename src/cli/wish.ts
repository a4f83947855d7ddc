import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import * as z from "zod";
import { loadJobs } from "../adapters/postgres/index.ts";
import type { BarSource } from "../contracts/bar-source.ts";
import { isBarfillError, OptionsError } from "../errors.ts";
import { defined } from "../model/defined.ts";
import type { EpochMs } from "../model/interval.ts";
import type { JobDefinition, RefusedJob } from "../model/job.ts";
import type { Label } from "../model/names.ts";
import { type BackfillRequest, type Requests, resolveRequests } from "../options/request.ts";
import type { AdjustmentInput } from "../options/words.ts";
import { defineJobs, jobRequest, refusalOf } from "../planning/jobs.ts";
import { CommandError } from "./command-error.ts";
import { labelsMeant } from "./labels.ts";
import { numberIn } from "./numbers.ts";
import { INSTANT_TEXT } from "./settings/schema.ts";
import { type Flags, flagOf, type Settings } from "./settings/settings.ts";
import type { DatabaseTarget, Target } from "./target/target.ts";

export interface WishInput {
  readonly flags: Flags;
  readonly settings: Settings;
  readonly workingFolder: string;
  /** Whose saved jobs are meant with `--saved`; without it, none is looked at. */
  readonly target: Target | undefined;
  /** Whose symbols they are to be. */
  readonly source: BarSource;
  readonly now: EpochMs;
  /** Hears of each saved job that cannot be planned, and is left out. */
  readonly onRefused: (job: RefusedJob) => void;
}

const TEXT = z.string().optional();
/** As the command line gives them: what they mean is the library's to check. */
const WISH_FLAGS = z.object({
  symbols: TEXT,
  timeframes: TEXT,
  start: TEXT,
  end: TEXT,
  adjustment: TEXT,
  label: TEXT,
  saved: z.boolean().optional(),
});

/**
 * What is wanted: by the flags, by the jobs that are saved in the database, or by the config file. Never empty, and
 * nothing that the library does not take. @throws {@link CommandError}, {@link OptionsError}
 */
export async function wishOf(input: WishInput): Promise<Requests> {
  const { flags, settings, now, source } = input;
  const { symbols, timeframes, start, saved, label } = WISH_FLAGS.parse(flags);
  if (symbols !== undefined || timeframes !== undefined || start !== undefined) {
    refuse(["saved"], flags, "where --symbols, --timeframes and --start say what is wanted", "Pass either it or those");
    return requestOf(input);
  }
  const hint = "Pass those too; or leave it out, and write it into a request of barfill.config.json";
  refuse(["end", "adjustment", "priority"], flags, "without --symbols, --timeframes and --start", hint);
  const all = saved ? await savedWishes(input) : await configuredWishes(settings, now);
  const where = saved ? "saved and enabled in the database" : "in the config file";
  if (all.length === 0) {
    throw new CommandError("USAGE", `nothing is wanted ${where}`, {
      hint: saved
        ? "Save jobs with: barfill jobs save"
        : "Pass --symbols, --timeframes and --start, or write requests or jobs into barfill.config.json",
    });
  }
  const meant = label === undefined ? all : labelled(label, all, where);
  resolveRequests(meant, now, source);
  return meant;
}

function labelled(label: Label, all: readonly BackfillRequest[], where: string): BackfillRequest[] {
  const known = all.map((one) => one.label);
  const meant = new Set<Label | undefined>(labelsMeant(label, known, where));
  return all.filter((one) => meant.has(one.label));
}

/** What does nothing must not look as if it did. */
function refuse(names: readonly string[], flags: Flags, where: string, hint: string): void {
  const given = names.filter((name) => flags[name] !== undefined).map(flagOf);
  if (given.length === 0) return;
  const mean = given.length === 1 ? "means" : "mean";
  throw new CommandError("USAGE", `${given.join(" and ")} ${mean} nothing ${where}`, { hint });
}

/** The jobs of the config file; none where it has none. @throws {@link OptionsError} */
export async function configuredJobs({ jobs = [], configFolder }: Settings): Promise<JobDefinition[]> {
  const batches = await Promise.all(
    jobs.map(async ({ symbols, batchSize, priority, label, windowDays, reask }) =>
      defineJobs({
        label,
        symbols: await symbolsOf(symbols, configFolder),
        windowDays: defined(windowDays),
        ...defined({ batchSize, priority, reask: reask && defined(reask) }),
      }),
    ),
  );
  return batches.flat();
}

async function configuredWishes(settings: Settings, now: EpochMs): Promise<BackfillRequest[]> {
  const requests = await Promise.all(
    (settings.requests ?? []).map(async ({ symbols, ...request }) => ({
      ...defined(request),
      symbols: await symbolsOf(symbols, settings.configFolder),
    })),
  );
  const jobs = await configuredJobs(settings);
  return [...requests, ...jobs.map((job) => jobRequest(job, now))] as BackfillRequest[];
}

async function savedWishes({ target, source, now, onRefused }: WishInput): Promise<BackfillRequest[]> {
  if (target === undefined || !isDatabase(target)) return [];
  const jobs = await loadJobs(target.client, { schema: target.schema });
  return jobs.flatMap((job) => {
    const refusal = refusalOf(job, source);
    if (refusal === undefined) return [jobRequest(job, now)];
    onRefused(refusal);
    return [];
  });
}

function isDatabase(target: Target): target is DatabaseTarget {
  return target.kind !== "memory";
}

/** What the library does not take it refuses, and says why. */
async function requestOf({ flags, workingFolder, now, source }: WishInput): Promise<BackfillRequest> {
  const { symbols = "", timeframes = "", start = "", end, adjustment, label } = WISH_FLAGS.parse(flags);
  const missing = Object.entries({ symbols, timeframes, start }).flatMap(([name, text]) =>
    text ? [] : [flagOf(name)],
  );
  if (missing.length > 0) {
    const hint = "--symbols, --timeframes and --start together say what is wanted";
    throw new CommandError("USAGE", `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing`, {
      hint,
    });
  }
  const priority = numberIn(flags, "priority", { least: -1_000_000, most: 1_000_000 });
  const request = {
    symbols: await symbolsOf(symbols.startsWith("@") ? symbols : words(symbols), workingFolder),
    timeframes: words(timeframes) as BackfillRequest["timeframes"],
    start,
    ...defined({ end, adjustment: adjustment as AdjustmentInput | undefined, label, priority }),
  };
  checkAsTyped(request, now, source);
  return request;
}

/** What the library says of an instant offers a `Date`, which nobody can type. @throws {@link OptionsError} */
function checkAsTyped(request: BackfillRequest, now: EpochMs, source: BarSource): void {
  try {
    resolveRequests(request, now, source);
  } catch (error) {
    if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
    throw new OptionsError(
      error.issues.map((issue) => {
        if (issue.path !== "start" && issue.path !== "end") return issue;
        const expected = issue.expected.includes("Date") ? INSTANT_TEXT : issue.expected;
        return { ...issue, path: flagOf(issue.path), expected };
      }),
    );
  }
}

async function symbolsOf(symbols: string | readonly string[], folder: string): Promise<readonly string[]> {
  if (typeof symbols !== "string") return symbols;
  const path = resolve(folder, symbols.slice(1));
  try {
    return words(await readFile(path, "utf8"));
  } catch (cause) {
    const hint = "Check the path after the @; tickers are divided by white space or commas in it";
    throw new CommandError("USAGE", `cannot read the symbols of ${path}`, { hint, cause });
  }
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}
