// Serves a local Alpaca's pages from a process of its own, each made once: what is measured is who asks, not who
// answers.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startPageServer(): Promise<PageServer> {
  const child = fork(fileURLToPath(import.meta.url));
  const [url] = await once(child, "message");
  return {
    url,
    async close() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const simulator = alpacaSimulator({
    market: syntheticMarket({ minuteShare: () => 1 }),
    requestsPerMinute: 1_000_000_000,
    burst: 1_000_000_000,
  });
  const pages = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    let page = pages.get(path);
    if (page === undefined) {
      const headers = { "apca-api-key-id": "key", "apca-api-secret-key": "secret" };
      const answer = await simulator.fetch(`http://alpaca${path}`, { headers });
      page = Buffer.from(await answer.arrayBuffer());
      pages.set(path, page);
    }
    response.writeHead(200, { "content-type": "application/json", "content-length": page.length });
    response.end(page);
  });
  server.listen(0, "127.0.0.1", () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  process.on("disconnect", () => {
    server.closeAllConnections();
    server.close();
  });
}
