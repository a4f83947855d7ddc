import fc from "fast-check";
import { expect, test } from "vitest";
import { leaseOrder, type Place } from "../../../src/adapters/memory/lease-order.ts";

interface Entry extends Place {
  readonly id: number;
}

/** The first that is due of a plain list. */
function firstDue(
  entries: readonly Entry[],
  now: number,
  provider: string | undefined,
  among: readonly number[] | undefined,
): Entry | undefined {
  const due = entries.filter(
    (entry) =>
      entry.dueAt <= now &&
      (provider === undefined || entry.provider === provider) &&
      (among === undefined || among.includes(entry.id)),
  );
  due.sort((a, b) => Number(b.leased) - Number(a.leased) || b.priority - a.priority || a.arrival - b.arrival);
  return due[0];
}

const provider = fc.constantFrom("a", "b");
const id = fc.nat(15);
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      id,
      provider,
      leased: fc.boolean(),
      priority: fc.nat(2),
      dueAt: fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), fc.nat(50)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), id }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("take" as const),
      provider: fc.option(provider, { nil: undefined }),
      among: fc.option(fc.array(id), { nil: undefined }),
    }),
  },
);

test("takes what a sort of the whole list would take, however runs were put, moved and removed", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const order = leaseOrder<number>();
      let entries: Entry[] = [];
      for (const [now, step] of steps.entries()) {
        if (step.kind === "take") {
          const expected = firstDue(entries, now, step.provider, step.among)?.id;
          expect(order.take(now, step.provider, step.among)).toBe(expected);
          entries = entries.filter((entry) => entry.id !== expected);
          continue;
        }
        entries = entries.filter((entry) => entry.id !== step.id);
        if (step.kind === "remove") {
          order.remove(step.id);
        } else {
          const { kind: _kind, ...place } = { ...step, arrival: now };
          order.put(step.id, place);
          entries.push(place);
        }
      }
    }),
    { numRuns: 500 },
  );
});
