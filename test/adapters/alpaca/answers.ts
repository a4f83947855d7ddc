import type { BarSource, PageRequest } from "../../../src/contracts/bar-source.ts";

export const KEY_ID = "PK0123456789ABCDEF";
export const SECRET_KEY = "s3cr3t/that+nobody=mayread";
export const KEYS = { keyId: KEY_ID, secretKey: SECRET_KEY };

export const START = Date.UTC(2024, 0, 2);
export const END = Date.UTC(2024, 0, 3);

export function asking(symbols: readonly string[], more: Partial<PageRequest> = {}): PageRequest {
  return {
    symbols,
    timeframe: "1Min",
    feed: "sip",
    adjustment: "raw",
    interval: { start: START, end: END },
    ...more,
  };
}

/** What the service was sent. */
export interface SentRequest {
  readonly url: URL;
  readonly init: RequestInit;
}

type Answer = Response | Error | ((sent: SentRequest) => Response | Promise<Response>);

/** A `fetch` that gives one answer after the other, the last one for ever, and notes what it was asked. */
export function answering(...answers: Answer[]): { readonly fetch: typeof fetch; readonly sent: SentRequest[] } {
  const sent: SentRequest[] = [];
  return {
    sent,
    fetch: async (input, init = {}) => {
      const request = { url: new URL(String(input)), init };
      sent.push(request);
      const answer = answers[Math.min(sent.length, answers.length) - 1];
      if (typeof answer === "function") return answer(request);
      if (answer instanceof Error) throw answer;
      if (answer === undefined) throw new Error("no answer was prepared");
      return answer.clone();
    },
  };
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}

export function wireBar(openTime: number, more: object = {}): object {
  return { t: new Date(openTime).toISOString().replace(".000Z", "Z"), o: 2, h: 3, l: 1, c: 2, v: 10, ...more };
}

export const EMPTY_PAGE = { bars: {}, next_page_token: null };

/** A body that begins and then breaks. */
export function brokenOff(status: number, start: string, headers: Record<string, string> = {}): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
    pull: (controller) => controller.error(new TypeError("terminated")),
  });
  return new Response(body, { status, headers });
}

/** A body that begins and never goes on. */
export function stalled(start: string, headers: Record<string, string> = {}): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
  });
  return new Response(body, { status: 200, headers });
}

/** A body that never ends; `onRead` is called when somebody begins to read it. */
export function whenRead(onRead: () => void): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      pull: () => {
        onRead();
        return new Promise(() => {});
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body);
}

/** What `fetchPage` rejects with. */
export async function rejectionOf(
  source: BarSource,
  request: PageRequest,
  options: { cursor?: string; signal?: AbortSignal } = {},
): Promise<unknown> {
  return source.fetchPage(request, options).then(
    () => {
      throw new Error("the page was answered");
    },
    (error: unknown) => error,
  );
}
