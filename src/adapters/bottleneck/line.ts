/** One that waits for a turn: hears `start` when it comes, or `leave` with the signal's reason, never both. */
export interface Waiter {
  readonly signal: AbortSignal | undefined;
  start(): void;
  leave(reason: unknown): void;
}

/** Waiters in the order in which they came. */
export interface Line {
  readonly length: number;
  join(waiter: Waiter): void;
  /** Starts the first, and does nothing when there is none. */
  startFirst(): void;
}

interface Party {
  readonly members: Set<Waiter>;
  readonly disband: () => void;
}

/**
 * An empty line. Whoever's signal is aborted leaves it; `afterLeaving` is called once they all have.
 *
 * Waiters of one signal share one listener: Node 20 warns of a leak from the eleventh on.
 */
export function openLine(afterLeaving: () => void): Line {
  const waiting = new Set<Waiter>();
  const parties = new Map<AbortSignal, Party>();

  const partyOf = (signal: AbortSignal): Party => {
    const known = parties.get(signal);
    if (known !== undefined) return known;
    const members = new Set<Waiter>();
    const leaveTogether = () => {
      parties.delete(signal);
      for (const waiter of members) waiting.delete(waiter);
      for (const waiter of members) waiter.leave(signal.reason);
      afterLeaving();
    };
    const disband = () => {
      parties.delete(signal);
      signal.removeEventListener("abort", leaveTogether);
    };
    signal.addEventListener("abort", leaveTogether, { once: true });
    const party = { members, disband };
    parties.set(signal, party);
    return party;
  };

  return {
    get length() {
      return waiting.size;
    },
    join(waiter) {
      waiting.add(waiter);
      if (waiter.signal !== undefined) partyOf(waiter.signal).members.add(waiter);
    },
    startFirst() {
      const [first] = waiting;
      if (first === undefined) return;
      waiting.delete(first);
      if (first.signal !== undefined) {
        const party = partyOf(first.signal);
        party.members.delete(first);
        if (party.members.size === 0) party.disband();
      }
      first.start();
    },
  };
}
