// A web service that starts backfills, tells how far they are, and cancels them. What is fetched by then stays.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createBackfill, type Observer } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";

interface Started {
  readonly stop: AbortController;
  runs: number;
  finished: number;
  bars: number;
  state: "running" | "complete" | "incomplete" | "cancelled" | "failed";
}

const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000 });
const source = alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch });
const store = memoryStore();
const started = new Map<string, Started>();

function start(symbols: readonly string[]): string {
  const id = String(started.size + 1);
  const job: Started = { stop: new AbortController(), runs: 0, finished: 0, bars: 0, state: "running" };
  started.set(id, job);
  const observer: Observer = (event) => {
    if (event.type === "enqueued") job.runs = event.fresh;
    if (event.type === "committed") job.bars += event.counts.inserted;
    if (event.type === "completed") job.finished++;
  };
  createBackfill({ source, store, queue: memoryQueue(), observer, requestsPerMinute: 1200 })
    .run({ symbols, timeframes: ["1Min"], start: "2022-01-01", end: "2024-01-01" }, { signal: job.stop.signal })
    .then(({ complete }) => {
      job.state = complete ? "complete" : "incomplete";
    })
    .catch(() => {
      job.state = job.stop.signal.aborted ? "cancelled" : "failed";
    });
  return id;
}

// POST / starts one; GET /1 tells of it; DELETE /1 cancels it.
const server = createServer(async (request, response) => {
  const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
  if (request.method === "POST") return answer(202, { id: start(JSON.parse(await text(request))) });
  const job = started.get(request.url?.slice(1) ?? "");
  if (job === undefined) return answer(404, { error: "no such backfill" });
  const { stop, ...progress } = job;
  if (request.method === "DELETE") stop.abort(new Error("cancelled"));
  return answer(200, progress);
}).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

// What a browser would do.
const ask = async (method: string, path: string, body?: unknown) =>
  (await fetch(`${url}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })).json();
const { id } = (await ask("POST", "/", ["AAPL", "MSFT", "SPY"])) as { id: string };
const progress = async () => (await ask("GET", `/${id}`)) as Omit<Started, "stop">;
while ((await progress()).bars < 50_000) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(`${id}: ${(await progress()).state}, more than 50,000 bars`);
await ask("DELETE", `/${id}`);
while ((await progress()).state === "running") await new Promise((resolve) => setTimeout(resolve, 20));
console.log(`${id}: ${(await progress()).state}, and what was fetched is kept`);
server.close();

async function text(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
