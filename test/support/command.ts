import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";

export interface Ended {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of the last line of stdout. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the command says; the test that looks into it says what it is.
  json(): any;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The working folder; the system's temporary one by default. */
  readonly cwd?: string;
}

/** Starts the built command in a process of its own, which ends with the test at the latest. */
export function startCommand(words: readonly string[], options?: CommandOptions): Started {
  const started = spawnCommand(words, options);
  onTestFinished(async () => {
    started.child.kill("SIGKILL");
    await started.ended;
  });
  return started;
}

/** Runs the command to its end. */
export function command(words: readonly string[], options?: CommandOptions): Promise<Ended> {
  return spawnCommand(words, options).ended;
}

/** In an environment that has nothing but `env`. */
function spawnCommand(words: readonly string[], { env = {}, cwd = tmpdir() }: CommandOptions = {}): Started {
  const child = spawn(process.execPath, [inject("commandPath"), ...words], {
    cwd,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const heard = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      heard[stream] += text;
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => {
      resolve({ code, ...heard, json: () => JSON.parse(heard.stdout.trim().split("\n").at(-1) ?? "") });
    });
  });
  return {
    child,
    ended,
  };
}

/** A new folder, gone with the test. */
export async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "barfill-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
