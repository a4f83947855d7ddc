// A local Alpaca in a process of its own, so that it does not take the time of the process that asks it.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type AlpacaSimulator, alpacaSimulator, syntheticMarket } from "barfill/testing";

type Walks = Parameters<AlpacaSimulator["leastRequests"]>[0];

export interface SimulatorProcess {
  readonly url: string;
  /** What the service saw so far. */
  stats(): Promise<AlpacaSimulator["stats"]>;
  /** For each of `walks` on its own, the fewest requests that could bring it. */
  leastRequests(walks: readonly Walks[]): Promise<readonly number[]>;
  close(): Promise<void>;
}

type Question = { readonly ask: "stats" } | { readonly ask: "least"; readonly walks: readonly Walks[] };

/** A made-up market in which every name trades in 30 % of the minutes or more. */
export async function startSimulator(requestsPerMinute: number): Promise<SimulatorProcess> {
  const child = fork(fileURLToPath(import.meta.url), [String(requestsPerMinute)]);
  const [url] = await once(child, "message");
  const ask = async (question: Question) => {
    child.send(question);
    const [answer] = await once(child, "message");
    return answer;
  };
  return {
    url,
    stats: () => ask({ ask: "stats" }),
    leastRequests: (walks) => ask({ ask: "least", walks }),
    async close() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const market = syntheticMarket({
    minuteShare: (symbol) => 0.3 + ((symbol.length * 31 + symbol.charCodeAt(0)) % 70) / 100,
  });
  const simulator = alpacaSimulator({ market, requestsPerMinute: Number(process.argv[2]) });
  const server = await simulator.serve();
  // Ctrl-C reaches the whole process group; the parent decides when this one ends.
  process.on("SIGINT", () => {});
  process.on("message", (question: Question) => {
    process.send?.(
      question.ask === "stats" ? simulator.stats : question.walks.map((walks) => simulator.leastRequests(walks)),
    );
  });
  process.on("disconnect", () => void server.close());
  process.send(server.url);
}
