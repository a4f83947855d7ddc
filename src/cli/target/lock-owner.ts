import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Who holds a lock. A pid alone names nobody: in a container it is always 1, and many hosts may share a folder. */
export interface LockOwner {
  readonly host: string;
  readonly pid: number;
  /** Of the process, at random: another one under its pid has another. Absent in locks of before, which were a pid. */
  readonly id?: string;
  /** When the process started, where the system tells: Linux, in ticks since it was booted. */
  readonly started?: string;
}

/** This process. No two are alike. */
export const OWNER: LockOwner = Object.freeze({
  host: hostname(),
  pid: process.pid,
  id: randomUUID(),
  ...startedAs(startOf(process.pid)),
});

export function ownerText(owner: LockOwner): string {
  return JSON.stringify(owner);
}

/** `undefined` where nobody can be read from `text`. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const { host, pid, id, started }: Record<string, unknown> =
      typeof value === "number" ? { host: OWNER.host, pid: value } : Object(value);
    if (typeof host !== "string" || !Number.isSafeInteger(pid) || Number(pid) <= 0) return undefined;
    return { host, pid: Number(pid), ...(typeof id === "string" ? { id } : {}), ...startedAs(started) };
  } catch {
    return undefined;
  }
}

/** False only where it is certain that the process is gone, which nobody can tell of another host's. */
export function mayBeAlive({ host, pid, id, started }: LockOwner): boolean {
  if (host !== OWNER.host) return true;
  if (pid === OWNER.pid && id !== undefined) return id === OWNER.id;
  if (!isTaken(pid)) return false;
  const now = started === undefined ? undefined : startOf(pid);
  return now === undefined || now === started;
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is alive, and somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** proc(5): the 22nd field; the second one is a name in brackets, with anything in it. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function startedAs(started: unknown): { started?: string } {
  return typeof started === "string" ? { started } : {};
}
