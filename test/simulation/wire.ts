import type { EpochMs } from "../../src/model/interval.ts";
import { badBarsIn, garbage } from "./bad-bars.ts";
import type { Owner } from "./scheduler.ts";
import { delayOf } from "./seams.ts";
import type { World } from "./world.ts";

/** What the wire knows of one process: until when it was told to wait. */
export interface Line {
  heldUntil: EpochMs;
}

/** The `fetch` of one backfill: over a network that dawdles, to the one simulated service. */
export function fetchOver(world: World, process: Owner, workerId: string, line: Line): typeof fetch {
  const { scheduler, simulator, workload, schedule, chance, counts, violations, setting, outstanding } = world;
  let inFlight = 0;
  const badBars: string[] = [];
  world.badBars.set(workerId, badBars);

  return async (input, init) => {
    const url = String(input).replace("limit=10000", `limit=${workload.pageSize}`);
    const signal = init?.signal ?? undefined;
    signal?.throwIfAborted();
    counts.requests++;
    checkShare(url);
    if (world.answered.has(url)) counts.repeated++;
    if (scheduler.now() < line.heldUntil && schedule.clockSteps === 0) {
      violations.add("hold: a request left before the time that a 429 had asked for");
    }
    counts.mostInFlight = Math.max(counts.mostInFlight, ++inFlight);
    if (inFlight > setting.concurrency) violations.add("memory: more requests in flight than slices");
    outstanding.set(process, (outstanding.get(process) ?? 0) + 1);
    let isCounted = true;
    const uncount = () => {
      if (isCounted) inFlight--;
      isCounted = false;
    };
    // A request that was given up is no longer held by anybody.
    signal?.addEventListener("abort", uncount, { once: true });
    try {
      return await answerTo(url, init);
    } finally {
      uncount();
      signal?.removeEventListener("abort", uncount);
      outstanding.set(process, (outstanding.get(process) ?? 0) - 1);
    }
  };

  /** Where the work has a share of the rate, requests leave apart; where it has narrow ones, they are. */
  function checkShare(url: string): void {
    const share = world.shares.get(workerId);
    if (share === undefined) return;
    counts.shared++;
    const now = scheduler.now();
    const {
      requestsPerMinute,
      symbolsPerRequest = Number.POSITIVE_INFINITY,
      lastLeftAt = Number.NEGATIVE_INFINITY,
    } = share;
    share.lastLeftAt = now;
    // Waits are of whole milliseconds; where the clock steps forth, the wait seems to be over.
    const leastMs = requestsPerMinute === undefined || schedule.clockSteps > 0 ? 0 : 60_000 / requestsPerMinute - 2;
    if (now - lastLeftAt < leastMs) violations.add(`share: requests left ${now - lastLeftAt} ms apart, not ${leastMs}`);
    const symbols = new URL(url).searchParams.get("symbols")?.split(",").length ?? 0;
    if (symbols > symbolsPerRequest) violations.add(`share: ${symbols} symbols in a request of ${symbolsPerRequest}`);
  }

  async function answerTo(url: string, init: RequestInit | undefined): Promise<Response> {
    if (!world.isCalm && chance.happens(schedule.refusals)) {
      counts.seamFaults++;
      await scheduler.wait(delayOf(world), "401");
      return new Response("<html><h1>401 Authorization Required</h1></html>", { status: 401 });
    }
    const sent: { at: EpochMs; answer?: Promise<Response> } = { at: 0 };
    await scheduler.send(delayOf(world), `fetch ${brief(url)}`, () => {
      sent.at = scheduler.now();
      sent.answer = simulator.fetch(url, init);
      sent.answer.then(
        ({ status }) => status === 429 && counts.refused++,
        () => {},
      );
    });
    const response = (await sent.answer) as Response;
    const { status, headers } = response;
    const body = await response.text().catch(() => undefined);
    await scheduler.wait(delayOf(world), `answer ${status}${body === undefined ? " cut off" : ""}`);
    // Who has hung up hears of no hold.
    if (status === 429 && init?.signal?.aborted !== true) holdAfter(headers);
    if (body === undefined) return new Response(breakingOff(), { status, headers });
    if (status === 400 && !setting.namesSymbols && body.toLowerCase().includes("invalid symbol")) {
      return new Response('{"message":"a symbol is invalid"}', { status, headers });
    }
    if (status === 200 && !world.isCalm && chance.happens(schedule.stalledBodies)) {
      counts.seamFaults++;
      return new Response(stalling(body), { status, headers });
    }
    if (status !== 200) return new Response(body, { status, headers });
    const isGarbage = !world.isCalm && chance.happens(schedule.garbage);
    if (isGarbage) counts.seamFaults++;
    const page = isGarbage ? garbage(body) : body;
    const bad = badBarsIn(url, page);
    badBars.push(...bad);
    counts.badBars += bad.length;
    world.served.note(new URL(url), page, sent.at);
    // Who has hung up has to ask again.
    if (init?.signal?.aborted !== true) world.answered.add(url);
    return new Response(page, { status, headers });
  }

  /** The least that a 429 asks for: what it says in seconds, else a quarter of a second. */
  function holdAfter(headers: Headers): void {
    const seconds = Number(headers.get("retry-after") ?? Number.NaN);
    const heldMs = Number.isFinite(seconds) ? Math.max(seconds * 1000, 240) : 240;
    line.heldUntil = Math.max(line.heldUntil, scheduler.now() + heldMs - 5);
  }
}

function brief(url: string): string {
  const query = new URL(url).searchParams;
  const token = query.get("page_token");
  const span = `${query.get("start")}/${query.get("end")}`;
  return `${query.get("timeframe")} ${query.get("symbols")} ${span}${token === null ? "" : ` after ${atob(token)}`}`;
}

function breakingOff(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.error(new TypeError("terminated")) });
}

/** Half of the body, then silence until the reader gives up. */
function stalling(body: string): ReadableStream<Uint8Array> {
  let isSent = false;
  return new ReadableStream({
    pull(controller) {
      if (isSent) return new Promise(() => {});
      isSent = true;
      controller.enqueue(new TextEncoder().encode(body.slice(0, body.length / 2)));
      return undefined;
    },
  });
}
