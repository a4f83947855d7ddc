import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Bundle, bundle } from "../support/bundle.ts";
import type { WorkerTask } from "./worker-task.ts";

/** How a worker process came to its end. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What `work` returned, where it did. */
  readonly said?: unknown;
  /** What it wrote to stderr. */
  readonly stderr: string;
}

export interface WorkerProcess {
  /** Resolves when the process is up and has not begun. */
  readonly up: Promise<unknown>;
  begin(): void;
  /** SIGKILL. */
  kill(): void;
  readonly ended: Promise<WorkerEnd>;
}

export const bundleWorker = (): Promise<Bundle> => bundle(fileURLToPath(new URL("worker.ts", import.meta.url)));

/** Starts a process that waits to be told. */
export function startWorker({ path }: Bundle, task: WorkerTask): WorkerProcess {
  const child = fork(path, [JSON.stringify(task)], { stdio: ["ignore", "ignore", "pipe", "ipc"], execArgv: [] });
  let said: unknown;
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const up = once(child, "message").then(() => child.on("message", (message) => (said = message)));
  // A process that is killed before it is up says nothing.
  up.catch(() => {});
  const ended = once(child, "exit").then(([code, signal]) => ({ code, signal, said, stderr }) as WorkerEnd);
  return { up, begin: () => void child.send("begin"), kill: () => void child.kill("SIGKILL"), ended };
}
