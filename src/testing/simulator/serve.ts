import type { IncomingMessage, ServerResponse } from "node:http";
import type { Service } from "./service.ts";

/** A running server. */
export interface SimulatorServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  /** Ends every connection, idle or not, and resolves when nothing is left open. */
  close(): Promise<void>;
  /** As {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

// Longer than any pause between two requests of a test, so that no client finds its idle connection closed.
const KEEP_ALIVE_MS = 60_000;

/** Serves `service` over HTTP on 127.0.0.1; a free port when `port` is 0. Rejects when the port is taken. */
export async function serveOverHttp(service: Service, port: number): Promise<SimulatorServer> {
  // Only here, so that the rest of the simulator runs where there is no node:http.
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => void bridge(service, request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the simulator has no port");
  const close = () =>
    new Promise<void>((resolve, reject) => {
      server.close((error) => (error === undefined ? resolve() : reject(error)));
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${address.port}`, close, [Symbol.asyncDispose]: close };
}

async function bridge(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    const { status, headers, body, delivery } = await service.answer({
      method: request.method ?? "GET",
      url: new URL(request.url ?? "/", "http://127.0.0.1"),
      header: (name) => request.headers[name]?.toString(),
      signal: gone.signal,
    });
    if (delivery === "reset") return void response.destroy();
    const bytes = Buffer.from(body);
    response.writeHead(status, { ...headers, "Content-Length": bytes.length });
    if (delivery === "cut-off") {
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
    } else {
      response.end(bytes);
    }
  } catch (error) {
    if (gone.signal.aborted) return;
    // The market failed, a malformed file say: whoever looks at the answer has to see why.
    response.writeHead(500, { "Content-Type": "application/json" }).end(JSON.stringify({ message: String(error) }));
  }
}
