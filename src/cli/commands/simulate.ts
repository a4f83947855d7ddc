import { resolve } from "node:path";
import { OptionsError } from "../../errors.ts";
import { alpacaSimulator, csvMarket, type Knobs, type Market, syntheticMarket } from "../../testing/index.ts";
import { CommandError } from "../command-error.ts";
import { EXIT } from "../exit-code.ts";
import type { Command } from "../invocation.ts";
import { numberIn } from "../numbers.ts";
import type { Flags } from "../settings/settings.ts";
import { watchForStop } from "../stop.ts";
import { count, plural } from "../text/words.ts";

export const simulate: Command = async ({ terminal, flags, workingFolder }) => {
  const port = numberIn(flags, "port", { least: 0, most: 65_535 }) ?? 8765;
  const requestsPerMinute = numberIn(flags, "rate", { least: 1 }) ?? 10_000;
  const seed = numberIn(flags, "seed", { least: 0 }) ?? 1;
  const { csv } = flags as { csv?: string };
  const simulator = alpacaSimulator({
    market: csv === undefined ? syntheticMarket({ seed }) : marketIn(resolve(workingFolder, csv)),
    requestsPerMinute,
    latencyMs: numberIn(flags, "latencyMs", { least: 0 }) ?? 0,
    subscription: subscriptionIn(flags),
    knobs: knobsIn(flags),
  });
  const server = await simulator.serve({ port }).catch((error: unknown) => refuse(error, port));
  const stop = watchForStop(terminal, () => {});
  if (terminal.json) terminal.answer({ url: server.url, requestsPerMinute });
  else {
    terminal.print(
      `${server.url} answers as Alpaca does, ${plural(requestsPerMinute, "request")} a minute; Ctrl-C ends it`,
    );
    terminal.print(
      `try: npx barfill run --base-url ${server.url} --folder .barfill --symbols SPY,IBM --timeframes 1Day --start 2024-01-01`,
    );
  }
  try {
    if (!stop.signal.aborted) {
      await new Promise<void>((done) => stop.signal.addEventListener("abort", () => done(), { once: true }));
    }
  } finally {
    stop.end();
    await server.close();
  }
  const { stats } = simulator;
  if (terminal.json) terminal.answer({ stats });
  else
    terminal.print(
      `${plural(stats.requests, "request")}, ${plural(stats.bars, "bar")}, ${count(stats.overdrawn)} over the rate, ${count(stats.rejected)} rejected`,
    );
  return EXIT.complete;
};

function marketIn(folder: string): Market {
  try {
    return csvMarket(folder);
  } catch (cause) {
    throw new CommandError("USAGE", `no bars in ${folder}`, {
      hint: "Pass --csv a folder that holds <timeframe>/<SYMBOL>.csv or .csv.gz, as in 1Day/SPY.csv",
      cause,
    });
  }
}

function refuse(cause: unknown, port: number): never {
  if (!(cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE")) throw cause;
  throw new CommandError("PORT_IN_USE", `port ${port} is taken, perhaps by another barfill simulate`, {
    hint: "Pass --port 0 for any that is free",
    cause,
  });
}

function subscriptionIn({ subscription = "plus" }: Flags): "basic" | "plus" {
  if (subscription === "basic" || subscription === "plus") return subscription;
  throw new OptionsError([
    { path: "--subscription", expected: "basic or plus", received: JSON.stringify(subscription) },
  ]);
}

/** `name=setting`; a setting that is `true` or `false` is one. What does not exist the simulator refuses. */
function knobsIn({ knob = [] }: Flags): Partial<Knobs> {
  const pairs = (Array.isArray(knob) ? knob : [knob]).map((pair) => {
    const [name = "", setting = ""] = String(pair).split("=", 2);
    return [name, setting === "true" ? true : setting === "false" ? false : setting];
  });
  return Object.fromEntries(pairs) as Partial<Knobs>;
}
