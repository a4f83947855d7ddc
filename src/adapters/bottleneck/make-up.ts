/** How much faster requests leave while they make up for a hold. */
export const MAKE_UP_SPEED = 1.1;

/** What holds kept back and is to be made up for, in requests. */
export interface MakeUp {
  /** True when there is a request or more to make up for. */
  readonly isDue: boolean;
  /** A hold keeps back `requests`; `most` bounds what is owed in all. */
  owe(requests: number, most: number): void;
  /** A request left at {@link MAKE_UP_SPEED}. */
  pay(): void;
  /** Refused for the rate; where it was made up for meanwhile, the service's bucket holds less than was thought. */
  refused(meanwhile: boolean): void;
  /** The last refusal was not for the rate: the bucket holds what was thought before. */
  takeBack(): void;
}

/** Owes nothing at the start, and `most` at most. */
export function makeUpFor(most: number): MakeUp {
  let bound = most;
  let owed = 0;
  let before: { readonly bound: number; readonly owed: number } | undefined;
  return {
    get isDue() {
      return owed >= 1;
    },
    owe: (requests, most) => {
      owed = Math.min(owed + requests, bound, most);
    },
    pay: () => {
      owed -= 1 - 1 / MAKE_UP_SPEED;
    },
    refused: (meanwhile) => {
      before = undefined;
      if (!meanwhile) return;
      before = { bound, owed };
      owed = 0;
      bound = Math.floor(bound / 2);
    },
    takeBack: () => {
      if (before === undefined) return;
      bound = before.bound;
      owed = Math.min(bound, owed + before.owed);
      before = undefined;
    },
  };
}
