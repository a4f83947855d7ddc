/** Items of which the first is always at hand. `push` and `pop` take O(log n). */
export interface Heap<T> {
  push(item: T): void;
  /** The item that comes before all others; `undefined` when there is none. */
  peek(): T | undefined;
  /** Takes that item out. */
  pop(): T | undefined;
}

/** A binary heap in the order of `before`, which must not change for items that are in it. */
export function heap<T extends object>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];
  // The children of `items[i]` are at 2i + 1 and 2i + 2, and neither comes before it.
  return {
    push(item) {
      let hole = items.length;
      while (hole > 0) {
        const parent = (hole - 1) >>> 1;
        const above = items[parent] as T;
        if (!before(item, above)) break;
        items[hole] = above;
        hole = parent;
      }
      items[hole] = item;
    },
    peek: () => items[0],
    pop() {
      const top = items[0];
      const item = items.pop();
      if (item === undefined || items.length === 0) return top;
      let hole = 0;
      for (;;) {
        const left = 2 * hole + 1;
        const right = left + 1;
        if (left >= items.length) break;
        const child = right < items.length && before(items[right] as T, items[left] as T) ? right : left;
        const below = items[child] as T;
        if (!before(below, item)) break;
        items[hole] = below;
        hole = child;
      }
      items[hole] = item;
      return top;
    },
  };
}
