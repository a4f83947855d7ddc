import type { BackfillEvent } from "../contracts/observer.ts";

/** How many requests there are still to come, as the pages tell. */
export interface RequestsLeft {
  observe(event: BackfillEvent): void;
  /** 0 once all that was expected is done, or more than that. */
  now(): number;
}

/** Pages that came, and those that were expected for the same. */
interface Evidence {
  readonly pages: number;
  readonly expected: number;
}

/** A slice of which pages came, and which is not over. */
interface Underway {
  expected: number;
  pages: number;
  /** Share of it that was settled by attempts before this one. */
  before: number;
  /** Share of it that is settled now. */
  done: number;
  /** Whether it says anything of the slices that are still queued. */
  isLike: boolean;
}

/** So many expected pages of the past weigh at most against the next slice, or as many as it has itself. */
const PAST_PAGES = 64;

/**
 * The requests left of `requests` expected ones. Slices that take more or fewer pages than was expected of them say as
 * much of those that are queued; one under way says so from its first page on, by how much that settled. Without that a
 * symbol that trades every minute of the extended hours takes half as long again as it was given, and it shows when all
 * is over.
 */
export function requestsLeft(requests: number): RequestsLeft {
  let expected = requests;
  /** Of slices that are over, the older ones counting ever less. */
  let past: Evidence = { pages: 0, expected: 0 };
  const underway = new Map<string, Underway>();

  return {
    observe(event) {
      switch (event.type) {
        case "leased": {
          const again = underway.get(event.slice.id);
          if (again !== undefined) again.before = again.done;
          return;
        }
        case "page": {
          const { id, estimate } = event.slice;
          const one = underway.get(id) ?? { expected: estimate.pages, pages: 0, before: 0, done: 0, isLike: true };
          one.pages++;
          one.done = one.before + (1 - one.before) * event.settled;
          underway.set(id, one);
          return;
        }
        case "completed":
        case "failed":
        case "lost": {
          const { id, estimate } = event.slice;
          const one = underway.get(id);
          if (one?.isLike) remember(event.type === "completed" ? one : shown(one));
          expected -= estimate.pages;
          underway.delete(id);
          return;
        }
        case "resliced":
          // What is queued now was cut by what is known now.
          expected += event.pages.after - event.pages.before;
          past = { pages: 0, expected: 0 };
          for (const one of underway.values()) one.isLike = false;
          return;
      }
    },
    now() {
      // One page that came as expected, to begin with.
      let { pages, expected: forThem } = { pages: past.pages + 1, expected: past.expected + 1 };
      let done = 0;
      for (const one of underway.values()) {
        done += one.expected * one.done;
        if (!one.isLike) continue;
        const { pages: some, expected: forSome } = shown(one);
        pages += some;
        forThem += forSome;
      }
      return (Math.max(0, expected - done) * pages) / forThem;
    },
  };

  function remember(one: Evidence): void {
    const kept = Math.min(1, Math.max(PAST_PAGES, one.expected) / past.expected);
    past = { pages: kept * past.pages + one.pages, expected: kept * past.expected + one.expected };
  }
}

/**
 * What a slice that is not over tells. Some of what is settled costs nothing, such as the time before the history, and
 * symbols without bars are settled by the last page alone: it is not believed to be off by more than a factor of two.
 */
function shown({ pages, expected, done }: Underway): Evidence {
  return { pages, expected: Math.min(2 * pages, Math.max(pages / 2, expected * done)) };
}
