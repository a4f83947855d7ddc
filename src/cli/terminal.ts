/** Where a command writes: answers to stdout, everything else to stderr. */
export interface Terminal {
  /** True when the answer is to be JSON. */
  readonly json: boolean;
  /** True where colour belongs on stdout. */
  readonly colour: boolean;
  readonly columns: number;
  /** A line of the answer, for people. */
  print(line?: string): void;
  /** The whole answer, for programs: one line of JSON. */
  answer(value: unknown): void;
  /** A line beside the answer. */
  note(line: string): void;
  /**
   * Aborted when nobody reads any more what is written, as in `barfill status | head`: what is written then is lost.
   */
  readonly unread: AbortSignal;
  readonly err: NodeJS.WriteStream;
  readonly out: NodeJS.WriteStream;
}

export function terminalOn(
  { stdout, stderr, env }: Pick<NodeJS.Process, "stdout" | "stderr" | "env">,
  json: boolean,
): Terminal {
  const unread = new AbortController();
  for (const stream of [stdout, stderr]) {
    // Not process.on("SIGPIPE"): with a listener, a connection to a database that breaks raises it too.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      unread.abort();
    });
  }
  return {
    json,
    // https://no-color.org: present and not empty.
    colour: !json && stdout.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb",
    columns: stdout.columns ?? 80,
    print: (line = "") => void stdout.write(`${line}\n`),
    answer: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    unread: unread.signal,
    err: stderr,
    out: stdout,
  };
}
