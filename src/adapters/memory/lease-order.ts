import type { EpochMs } from "../../model/interval.ts";
import { type Heap, heap } from "./heap.ts";

/** What decides when a run is leased. */
export interface Place {
  readonly provider: string;
  /** True for a run under a lease: it is due when the lease expires. */
  readonly leased: boolean;
  readonly priority: number;
  /** Counts up in the order in which the runs came. */
  readonly arrival: number;
  /** The run is not taken before; `-Infinity` means at once. */
  readonly dueAt: EpochMs;
}

/** The runs that are to be leased, now or later, each at most once. */
export interface LeaseOrder<Run> {
  /** Gives the run its place, instead of the one it had. */
  put(run: Run, place: Place): void;
  remove(run: Run): void;
  /**
   * Takes out the first run that is due: expired leases, then by priority, then by arrival; of `among`, where given.
   */
  take(now: EpochMs, provider?: string, among?: readonly Run[]): Run | undefined;
}

interface Ticket<Run> extends Place {
  readonly run: Run;
}

/** The runs of one provider. Tickets that are no longer current stay in until they come up. */
interface Line<Run> {
  readonly due: Heap<Ticket<Run>>;
  readonly later: Heap<Ticket<Run>>;
}

/** A {@link LeaseOrder} that never looks at all runs: a call takes O(log n), spread over many; O(m) among m runs. */
export function leaseOrder<Run>(): LeaseOrder<Run> {
  const current = new Map<Run, Ticket<Run>>();
  const lines = new Map<string, Line<Run>>();
  const lineOf = (provider: string) => {
    const line = lines.get(provider) ?? { due: heap<Ticket<Run>>(leasedBefore), later: heap<Ticket<Run>>(dueBefore) };
    lines.set(provider, line);
    return line;
  };
  const isCurrent = (ticket: Ticket<Run>) => current.get(ticket.run) === ticket;

  /** The first current ticket of `line` that is due. */
  const head = ({ due, later }: Line<Run>, now: EpochMs) => {
    for (let next = later.peek(); next !== undefined && next.dueAt <= now; next = later.peek()) {
      later.pop();
      if (isCurrent(next)) due.push(next);
    }
    let first = due.peek();
    for (; first !== undefined && !isCurrent(first); first = due.peek()) due.pop();
    return first;
  };

  /** The tickets that may be taken, the first of each line at least. */
  const candidates = (now: EpochMs, provider?: string, among?: readonly Run[]): (Ticket<Run> | undefined)[] => {
    if (among === undefined) {
      return (provider === undefined ? [...lines.values()] : [lineOf(provider)]).map((line) => head(line, now));
    }
    const isWanted = (ticket?: Ticket<Run>) =>
      ticket !== undefined && ticket.dueAt <= now && (provider === undefined || ticket.provider === provider);
    return among.map((run) => current.get(run)).filter(isWanted);
  };

  return {
    put(run, place) {
      const ticket = { run, ...place };
      const { due, later } = lineOf(place.provider);
      current.set(run, ticket);
      (place.dueAt === Number.NEGATIVE_INFINITY ? due : later).push(ticket);
    },
    remove: (run) => void current.delete(run),
    take(now, provider, among) {
      let first: Ticket<Run> | undefined;
      for (const ticket of candidates(now, provider, among)) {
        if (ticket !== undefined && (first === undefined || leasedBefore(ticket, first))) first = ticket;
      }
      if (first !== undefined) current.delete(first.run);
      return first?.run;
    },
  };
}

function dueBefore(a: Place, b: Place): boolean {
  return a.dueAt < b.dueAt;
}

function leasedBefore(a: Place, b: Place): boolean {
  if (a.leased !== b.leased) return a.leased;
  return a.priority !== b.priority ? a.priority > b.priority : a.arrival < b.arrival;
}
