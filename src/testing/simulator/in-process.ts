import type { Answer } from "./answer.ts";
import type { Service } from "./service.ts";

/** The standard fetch, as far as a client of the service needs it. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** A fetch that asks `service` without a socket, and fails as Node's does. */
export function inProcessFetch(service: Service): Fetch {
  return async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const signal = init?.signal ?? request?.signal;
    signal?.throwIfAborted();
    const headers = new Headers(init?.headers ?? request?.headers);
    const answer = await service.answer({
      method: (init?.method ?? request?.method ?? "GET").toUpperCase(),
      url: new URL(request?.url ?? String(input)),
      header: (name) => headers.get(name),
      signal,
    });
    if (answer.delivery === "reset") throw new TypeError("fetch failed", { cause: connectionError("read ECONNRESET") });
    const body = answer.delivery === "cut-off" ? cutOff(answer) : answer.body;
    return new Response(body, { status: answer.status, headers: answer.headers });
  };
}

function cutOff({ body }: Answer): ReadableStream<Uint8Array> {
  let isSent = false;
  return new ReadableStream({
    pull(controller) {
      if (isSent) return controller.error(new TypeError("terminated", { cause: connectionError("other side closed") }));
      isSent = true;
      controller.enqueue(new TextEncoder().encode(body.slice(0, Math.ceil(body.length / 2))));
    },
  });
}

function connectionError(message: string): Error {
  return Object.assign(new Error(message), { code: "ECONNRESET" });
}
