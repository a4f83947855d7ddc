import { COMMON, DATABASE, type FlagDefinition, PACE, PAGES, QUARANTINE, RATE, RUNS, SOURCE, WISH } from "./flags.ts";
import type { Command } from "./invocation.ts";

/** One command: what it is called and takes. What it does is loaded when it is called. */
export interface CommandDefinition {
  readonly name: string;
  readonly summary: string;
  readonly flags?: readonly FlagDefinition[];
  /** As commander spells them: `[id...]`. */
  readonly operands?: readonly FlagDefinition[];
  readonly commands?: readonly CommandDefinition[];
  readonly load?: () => Promise<Command>;
}

const WORK: readonly FlagDefinition[] = [...QUARANTINE, ...DATABASE, ...SOURCE, ...PACE, ...COMMON];

export const COMMANDS: readonly CommandDefinition[] = [
  {
    name: "plan",
    summary: "What there is to do and what it costs; asks nothing of the source",
    flags: [...WISH, ["--slices", "Every slice too."], ...DATABASE, ...SOURCE, ...RATE, ...PAGES, ...COMMON],
    load: async () => (await import("./commands/plan.ts")).plan,
  },
  {
    name: "run",
    summary: "Plan, queue and work until it is done; run it again to go on",
    flags: [...WISH, ...WORK, ...PAGES],
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "work",
    summary: "A worker: takes runs off the queue until it is drained, or told to stop (SIGTERM, SIGINT)",
    flags: [
      ["--stay", "Do not end when the queue is drained: wait for more until told to stop."],
      ["--max-runs <number>", "End after so many runs, with --stay of all its time."],
      ["--max-minutes <number>", "End after so many minutes; what is in hand is handed back unspent."],
      ...WORK,
    ],
    load: async () => (await import("./commands/work.ts")).work,
  },
  {
    name: "status",
    summary: "The queue by label and state",
    flags: [
      ["--watch", "Show it again whenever it changes, until it is drained."],
      ["--interval <seconds>", "How often --watch looks. Default 2."],
      ...RUNS,
      ...DATABASE,
      ...COMMON,
    ],
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "gaps",
    summary: "What is missing of what is wanted, with a map",
    flags: [
      ...WISH,
      ["--rows <number>", "The most series to draw of each timeframe. Default 40."],
      ...DATABASE,
      ...SOURCE,
      ...COMMON,
    ],
    load: async () => (await import("./commands/gaps.ts")).gaps,
  },
  {
    name: "report",
    summary: "The whole picture: coverage, runs over time, rate, slowest slices, quarantine",
    flags: [
      ["--html <file>", "One self-contained page, to be opened anywhere."],
      ...WISH,
      ...DATABASE,
      ...SOURCE,
      ...RATE,
      ...COMMON,
    ],
    load: async () => (await import("./commands/report.ts")).report,
  },
  {
    name: "retry",
    summary: "Put failed runs back into the queue",
    operands: [["[id...]", "Only these slices."]],
    flags: [...RUNS, ...DATABASE, ...COMMON],
    load: async () => (await import("./commands/retry.ts")).retry,
  },
  {
    name: "cancel",
    summary: "Cancel queued and running runs",
    operands: [["[id...]", "Only these slices."]],
    flags: [["--all", "All of them; needed where nothing else says which."], ...RUNS, ...DATABASE, ...COMMON],
    load: async () => (await import("./commands/cancel.ts")).cancel,
  },
  {
    name: "jobs",
    summary: "Standing wishes in the database",
    commands: [
      {
        name: "list",
        summary: "The jobs that are saved, disabled ones too",
        flags: [...DATABASE, ...COMMON],
        load: async () => (await import("./commands/jobs.ts")).listJobs,
      },
      {
        name: "save",
        summary: "Save the jobs of the config file: new ones, and new windows and symbols of known ones",
        flags: [...DATABASE, ...COMMON],
        load: async () => (await import("./commands/jobs.ts")).saveConfiguredJobs,
      },
      {
        name: "enable",
        summary: "Let a job be worked on",
        operands: [["<label>", "US_BATCH_2, or US_BATCH for all that were cut from it."]],
        flags: [["--timeframe <timeframe>", "Only the job of this timeframe."], ...DATABASE, ...COMMON],
        load: async () => (await import("./commands/jobs.ts")).enableJobs,
      },
      {
        name: "disable",
        summary: "Keep a job, and do not work on it; what is queued stays queued",
        operands: [["<label>", "US_BATCH_2, or US_BATCH for all that were cut from it."]],
        flags: [["--timeframe <timeframe>", "Only the job of this timeframe."], ...DATABASE, ...COMMON],
        load: async () => (await import("./commands/jobs.ts")).disableJobs,
      },
    ],
  },
  {
    name: "quarantine",
    summary: "Symbols that the source refused",
    commands: [
      {
        name: "list",
        summary: "Which, since when, and why",
        flags: [...DATABASE, ...SOURCE, ...COMMON],
        load: async () => (await import("./commands/quarantine.ts")).listQuarantine,
      },
      {
        name: "lift",
        summary: "Let symbols be asked for again",
        operands: [["<symbol...>", "As they are listed."]],
        flags: [...DATABASE, ...SOURCE, ...COMMON],
        load: async () => (await import("./commands/quarantine.ts")).liftQuarantine,
      },
    ],
  },
  {
    name: "doctor",
    summary: "Check keys, subscription, clock, database, tables and pooler, and say what to do",
    flags: [...DATABASE, ...SOURCE, ...RATE, ...COMMON],
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "migrate",
    summary: "Bring the tables to this version",
    flags: [...DATABASE, ...COMMON],
    load: async () => (await import("./commands/migrate.ts")).migrateTables,
  },
  {
    name: "migrations",
    summary: "Print the SQL of the tables, for those who apply it themselves",
    flags: [
      [
        "--supabase <dir>",
        "Write files as the Supabase CLI names them, into supabase/migrations; schema public unless --schema says another.",
      ],
      ["--schema <name>", "The schema of the tables. Default barfill."],
      ...COMMON,
    ],
    load: async () => (await import("./commands/migrations.ts")).printMigrations,
  },
  {
    name: "simulate",
    summary: "A local Alpaca over a made-up market, until it is told to stop",
    flags: [
      ["--port <number>", "Default 8765; 0 for any that is free."],
      ["--rate <number>", "Requests a minute that it allows. Default 10000."],
      ["--seed <number>", "Another number, another market. Default 1."],
      ["--csv <dir>", "Bars from files, <timeframe>/<SYMBOL>.csv.gz, in place of made-up ones."],
      ["--subscription <name>", "basic refuses SIP bars of the last 15 minutes. Default plus."],
      ["--latency-ms <number>", "How long every answer takes. Default 0."],
      [
        "--knob <name=setting...>",
        "What nobody knows of the service, as in unauthorized=403-json. A wrong name is told the right ones.",
      ],
      ...COMMON,
    ],
    load: async () => (await import("./commands/simulate.ts")).simulate,
  },
];
