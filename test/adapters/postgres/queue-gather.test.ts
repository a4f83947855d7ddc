import { expect, test } from "vitest";
import { gather, type Outcome } from "../../../src/adapters/postgres/queue/gather.ts";

/** A batch that ends when it is told to. */
function held() {
  const batches: { readonly items: readonly number[]; end(outcomes?: Outcome<number>[]): void }[] = [];
  const run = (items: readonly number[]) =>
    new Promise<Outcome<number>[]>((resolve) => {
      batches.push({ items, end: (outcomes = items.map((result) => ({ result }))) => resolve(outcomes) });
    });
  return { batches, run };
}

/** Long enough for everything that waits for nothing. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("calls of one turn make one batch, in their order, and each gets its own result", async () => {
  const { batches, run } = held();
  const call = gather(run, { most: 10, concurrency: 1 });
  const results = Promise.all([3, 1, 2].map(call));
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([[3, 1, 2]]);
  batches[0]?.end();
  expect(await results).toEqual([3, 1, 2]);
});

test("what comes while all batches are under way makes the next one", async () => {
  const { batches, run } = held();
  const call = gather(run, { most: 10, concurrency: 2 });
  const results: Promise<number>[] = [];
  for (const items of [[1, 2], [3], [4], [5]]) {
    results.push(...items.map(call));
    await turn();
  }
  expect(batches.map(({ items }) => items)).toEqual([[1, 2], [3]]);
  batches[1]?.end();
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([[1, 2], [3], [4, 5]]);
  for (const { end } of batches) end();
  expect(await Promise.all(results)).toEqual([1, 2, 3, 4, 5]);
});

test("a batch holds no more than it may", async () => {
  const { batches, run } = held();
  const call = gather(run, { most: 2, concurrency: 2 });
  const results = Promise.all([1, 2, 3, 4, 5].map(call));
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  for (let i = 0; i < 3; i++) {
    batches[i]?.end();
    await turn();
  }
  expect(await results).toEqual([1, 2, 3, 4, 5]);
});

test("an item that is refused rejects alone, a batch that fails rejects for all, and the next one goes on", async () => {
  const refusal = new Error("refused");
  const failure = new Error("failed");
  const outcomes = [() => [{ result: 1 }, { error: refusal }], () => Promise.reject(failure), () => [{ result: 5 }]];
  const call = gather(async (_: readonly number[]) => (await outcomes.shift()?.()) ?? [], { most: 2, concurrency: 1 });
  const settled = await Promise.allSettled([1, 2, 3, 4, 5].map(call));
  expect(settled).toEqual([
    { status: "fulfilled", value: 1 },
    { status: "rejected", reason: refusal },
    { status: "rejected", reason: failure },
    { status: "rejected", reason: failure },
    { status: "fulfilled", value: 5 },
  ]);
});
