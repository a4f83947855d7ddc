import assert from "node:assert/strict";
import type { BarPage, BarSource, FetchPageOptions, PageRequest } from "../../../contracts/bar-source.ts";
import { isBarfillError } from "../../../errors.ts";
import type { ConformanceCase, SourceContext } from "../conformance-case.ts";
import { cutAtBar, said, walk } from "./fixtures.ts";

/** Asking again, at the same time, and stopping. */
export const repeatCases: readonly ConformanceCase<SourceContext>[] = [
  {
    id: "B16",
    title: "the same request again gets the same pages",
    async run({ source, request }) {
      const first = await walk(source, request);
      assert.deepEqual((await walk(source, request)).map(said), first.map(said));
    },
  },
  {
    id: "B17",
    title: "a cursor that is used again, at once or later, gets the same page, or a typed error",
    async run({ source, request }) {
      const pages = await walk(source, request);
      for (const [i, { next }] of pages.entries()) {
        if (next === undefined) continue;
        for (let time = 0; time < 2; time++) {
          const again: BarPage | undefined = await source
            .fetchPage(request, { cursor: next })
            .catch((error: unknown) => {
              assert.ok(isBarfillError(error), `not an error of barfill: ${error}`);
              return undefined;
            });
          if (again) assert.deepEqual(said(again), said(pages[i + 1] ?? { bars: [], covered: [] }));
        }
      }
    },
  },
  {
    id: "B18",
    title: "requests at the same time get the pages that each gets alone",
    async run({ source, request }) {
      const alone = await walk(source, request);
      const [left, right] = cutAtBar(alone, request);
      const halves = [await walk(source, left), await walk(source, right)];
      const together = await Promise.all([request, left, right].map((one) => walk(source, one)));
      assert.deepEqual(
        together.map((pages) => pages.map(said)),
        [alone, ...halves].map((pages) => pages.map(said)),
      );
    },
  },
  {
    id: "B19",
    title: "a signal that is aborted before the call rejects it with its reason, on later pages too",
    async run({ source, request }) {
      for (const cursor of await firstCursors(source, request)) {
        const reason = new Error("stopped before");
        const options = { ...cursor, signal: AbortSignal.abort(reason) };
        assert.equal(await rejectionOf(source.fetchPage(request, options)), reason);
      }
    },
  },
  {
    id: "B20",
    title: "a signal that aborts while the answer is awaited rejects the call with its reason, on later pages too",
    async run({ source, request }) {
      for (const cursor of await firstCursors(source, request)) {
        const reason = new Error("stopped in the middle");
        const stop = new AbortController();
        const answer = source.fetchPage(request, { ...cursor, signal: stop.signal });
        stop.abort(reason);
        // An answer that is there when the call returns was never awaited.
        if (await isThere(answer)) continue;
        assert.equal(await rejectionOf(answer), reason);
      }
    },
  },
];

/** How the first page is asked for, and the second where there is one. */
async function firstCursors(source: BarSource, request: PageRequest): Promise<FetchPageOptions[]> {
  const { next } = await source.fetchPage(request, {});
  return next === undefined ? [{}] : [{}, { cursor: next }];
}

/** What `answer` rejects with. */
function rejectionOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => assert.fail("a page came, though the signal was aborted"),
    (error: unknown) => error,
  );
}

/** Whether `answer` is a page by now. */
function isThere(answer: Promise<unknown>): Promise<boolean> {
  // The first of two that are settled wins.
  return Promise.race([
    answer.then(
      () => true,
      () => false,
    ),
    Promise.resolve().then(() => false),
  ]);
}
