/** What became of one item of a batch. */
export type Outcome<Result> = { readonly result: Result } | { readonly error: unknown };

export interface GatherOptions {
  /** The most items a batch, 1 or more. */
  readonly most: number;
  /** The most batches under way at once, 1 or more. */
  readonly concurrency: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Makes one batch of the calls that come in one turn of the event loop, and of those that come while `concurrency`
 * batches are under way: nobody waits for a timer, and the busier it is, the larger the batches. `run` returns one
 * outcome an item, in their order; when it rejects, every item of the batch does.
 */
export function gather<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Outcome<Result>[]>,
  { most, concurrency }: GatherOptions,
): (item: Item) => Promise<Result> {
  const line: Waiting<Item, Result>[] = [];
  let underWay = 0;
  let woken = false;

  const wake = (): void => {
    if (woken || underWay >= concurrency || line.length === 0) return;
    woken = true;
    queueMicrotask(() => {
      woken = false;
      void next();
      wake();
    });
  };

  const next = async (): Promise<void> => {
    const batch = line.splice(0, most);
    underWay++;
    try {
      const outcomes = await run(batch.map(({ item }) => item));
      for (const [i, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[i];
        if (outcome !== undefined && "result" in outcome) resolve(outcome.result);
        else reject(outcome?.error);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      underWay--;
      wake();
    }
  };

  return (item) =>
    new Promise((resolve, reject) => {
      line.push({ item, resolve, reject });
      wake();
    });
}
