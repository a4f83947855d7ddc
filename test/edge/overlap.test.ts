import { describe, expect, it } from "vitest";
import type { EdgeFunction } from "../../src/edge/index.ts";
import { ask, jobOf, type SmallEdge, type SmallEdgeOptions, smallEdge, symbolsNamed } from "../support/small-edge.ts";

const TICK = "https://project.test/functions/v1/orchestrator?action=tick";
const MINUTE_MS = 60_000;

const JOBS = symbolsNamed("JOB_", 40).map((label, i) => jobOf(label, symbolsNamed(`S${i + 1}X`, 3)));

/** Ticks every minute, three at once a moment apart, each of a process of its own, each for up to 100 s. */
async function tickOften(edge: SmallEdge, minutes: number): Promise<void> {
  const under: Promise<Response>[] = [];
  const start = (call: EdgeFunction) => under.push(call(ask(TICK)));
  for (let minute = 0; minute < minutes; minute++) {
    for (const apart of [0, 1, 400]) {
      await edge.clock.advance(apart);
      start(edge.functions.orchestrator());
    }
    await edge.clock.advance(MINUTE_MS - 401);
  }
  await edge.clock.run(Promise.all(under));
}

describe.each([
  ["in process", {}],
  ["over HTTP", { dispatch: (batch, request) => batch(request) }],
  ["over HTTP, every third one lost", { dispatch: everyThird() }],
] satisfies [string, SmallEdgeOptions][])("ticks every minute with overlapping starts, %s", (_, options) => {
  it("work no run twice, and at most five at a time", async () => {
    let most = 0;
    const edge = smallEdge({
      jobs: JOBS,
      options: { budgetMs: 100_000 },
      ...options,
      async script({ request }) {
        const running = await edge.queue.running({});
        most = Math.max(most, running.length);
        // Whoever asks holds the run.
        expect(running.some(({ slice }) => request.symbols.every((symbol) => slice.symbols.includes(symbol)))).toBe(
          true,
        );
        await edge.clock.sleep(4000);
        return undefined;
      },
    });
    await tickOften(edge, 8);

    expect(await edge.queue.counts({ states: ["queued", "running", "failed"] })).toEqual([]);
    const completed = edge.eventsOf("completed").map(({ slice }) => slice.id);
    expect(completed).toHaveLength(40);
    expect(new Set(completed).size).toBe(40);
    expect(most).toBe(5);
    // No page was asked for twice, but for those that were under way when a tick's time was up.
    const asked = edge.source.calls.map(({ request, cursor }) => `${request.symbols.join()} ${cursor ?? 0}`);
    expect(asked.length - new Set(asked).size).toBeLessThanOrEqual(edge.eventsOf("returned").length);
    expect(edge.eventsOf("lost")).toEqual([]);
  });
});

function everyThird(): NonNullable<SmallEdgeOptions["dispatch"]> {
  let calls = 0;
  return (batch, request) => (++calls % 3 === 0 ? Promise.reject(new TypeError("refused")) : batch(request));
}
