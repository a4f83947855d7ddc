import { tmpdir } from "node:os";
import { Writable } from "node:stream";
import { runCommandLine } from "../../src/cli/program.ts";

/**
 * What the command says to `words`, in this process and in an environment that has nothing but `env`; `hear` hears it as it
 * is said.
 */
export async function typed(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  hear: (text: string) => void = () => {},
) {
  const heard = { stdout: "", stderr: "" };
  const into = (name: keyof typeof heard) =>
    new Writable({
      decodeStrings: false,
      write(text, _, done) {
        heard[name] += text;
        hear(text);
        done();
      },
    });
  const io = { stdout: into("stdout"), stderr: into("stderr"), env, cwd: tmpdir };
  const code = await runCommandLine(words, io as unknown as NodeJS.Process);
  return { code, ...heard, json: () => JSON.parse(heard.stdout) };
}
