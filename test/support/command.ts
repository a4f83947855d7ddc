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
  /** Resolves when stdout or stderr holds `text`; rejects when the command ends before. */
  says(text: string): Promise<void>;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The working folder; the system's temporary one by default. */
  readonly cwd?: string;
}

/** Starts the built command in a process of its own, in an environment that has nothing but `env`. */
export function startCommand(words: readonly string[], { env = {}, cwd = tmpdir() }: CommandOptions = {}): Started {
  const child = spawn(process.execPath, [inject("commandPath"), ...words], {
    cwd,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const heard = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      heard[stream] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => {
      resolve({ code, ...heard, json: () => JSON.parse(heard.stdout.trim().split("\n").at(-1) ?? "") });
    });
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => (heard.stdout + heard.stderr).includes(text) && resolve();
        listeners.add(look);
        ended.then(({ code }) => reject(new Error(`ended with ${code} before: ${heard.stdout}${heard.stderr}`)));
        look();
      }),
  };
}

/** Runs the command to its end. */
export function command(words: readonly string[], options?: CommandOptions): Promise<Ended> {
  return startCommand(words, options).ended;
}

/** A new folder, gone with the test. */
export async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "barfill-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
