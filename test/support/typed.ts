import { tmpdir } from "node:os";
import { Writable } from "node:stream";
import { runCommandLine } from "../../src/cli/program.ts";
import type { Clock } from "../../src/contracts/clock.ts";

export interface TypedOptions {
  /** Hears what is said as it is said. */
  readonly hear?: (text: string) => void;
  /** A terminal of so many columns in place of two pipes. */
  readonly columns?: number;
  /** The machine's when absent. */
  readonly clock?: Clock;
}

/** What the command says to `words`, in this process and in an environment that has nothing but `env`. */
export async function typed(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { hear = () => {}, columns, clock }: TypedOptions = {},
) {
  const heard = { stdout: "", stderr: "" };
  const into = (name: keyof typeof heard) => {
    const stream = new Writable({
      decodeStrings: false,
      write(text, _, done) {
        heard[name] += text;
        hear(text);
        done();
      },
    });
    return columns === undefined ? stream : Object.assign(stream, { isTTY: true, columns });
  };
  const io = { stdout: into("stdout"), stderr: into("stderr"), env, cwd: tmpdir };
  const code = await runCommandLine(words, io as unknown as NodeJS.Process, clock);
  return { code, ...heard, json: () => JSON.parse(heard.stdout) };
}
