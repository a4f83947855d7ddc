import { isBarfillError } from "../errors.ts";
import type { OptionsIssue } from "../model/options-issue.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** Something that only the command knows of. `hint` says what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: "USAGE" | "PEER_MISSING" | "FOLDER_IN_USE" | "PORT_IN_USE" | "NOT_MIGRATED" | "FILE";
  readonly hint: string;

  constructor(code: CommandError["code"], message: string, { hint, ...options }: ErrorOptions & { hint: string }) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** An error as `--json` prints it, under `error`. No stack, no cause, no secrets. */
export interface ErrorShape {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly issues?: readonly OptionsIssue[];
}

export function errorShape(error: unknown): ErrorShape {
  if (error instanceof CommandError) return { code: error.code, message: error.message, hint: error.hint };
  if (isBarfillError(error, "OPTIONS_INVALID")) {
    return { code: error.code, message: error.message, issues: error.issues };
  }
  if (isBarfillError(error)) {
    const hint = "hint" in error && typeof error.hint === "string" ? { hint: error.hint } : {};
    return { code: error.code, message: error.message, ...hint };
  }
  return { code: "UNEXPECTED", message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

/** What was typed wrong is told from what went wrong. */
export function exitCodeOf(error: unknown): ExitCode {
  const isUsage = isBarfillError(error, "OPTIONS_INVALID") || (error instanceof CommandError && error.code === "USAGE");
  return isUsage ? EXIT.usage : EXIT.failed;
}
