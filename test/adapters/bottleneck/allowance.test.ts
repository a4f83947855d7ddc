import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Allowance, learnAllowance } from "../../../src/adapters/bottleneck/allowance.ts";
import { MINUTE_MS } from "./starts.ts";

interface World {
  /** The service's bucket: refilled by so many a minute, and so large. */
  readonly allowed: number;
  readonly bucket: number;
  readonly latencyMs: number;
  /** How long nothing leaves after a refusal. */
  readonly holdMs: number;
}

/** Requests that leave as `allowance` says, against a service that says nothing but yes and no. */
function service({ allowed, bucket, latencyMs, holdMs }: World, from = 0) {
  let level = bucket;
  let now = from;
  let nextAt = from;
  const answers: { readonly at: number; readonly leftAt: number; readonly ok: boolean }[] = [];

  function leave(): void {
    level = Math.min(bucket, level + ((nextAt - now) * allowed) / MINUTE_MS);
    now = nextAt;
    const ok = level >= 1;
    if (ok) level -= 1;
    answers.push({ at: now + latencyMs, leftAt: now, ok });
  }

  return {
    /** Goes on for `minutes`; what was served and refused in them. */
    run(allowance: Allowance, minutes: number) {
      const end = now + minutes * MINUTE_MS;
      let served = 0;
      let refused = 0;
      let most = 0;
      while (nextAt < end) {
        for (let first = answers[0]; first !== undefined && first.at <= nextAt; first = answers[0]) {
          answers.shift();
          if (first.ok) {
            served++;
            allowance.served();
          } else {
            refused++;
            allowance.refused(first.leftAt, first.at);
            nextAt = Math.max(nextAt, first.at + holdMs);
          }
        }
        leave();
        allowance.left(now, true);
        most = Math.max(most, allowance.rate);
        nextAt = now + MINUTE_MS / allowance.rate;
      }
      return { perMinute: served / minutes, refused, most };
    },
  };
}

/** A bucket of about 200, as was observed. */
const world = fc.record({
  allowed: fc.integer({ min: 150, max: 12_000 }),
  bucket: fc.integer({ min: 150, max: 300 }),
  latencyMs: fc.integer({ min: 20, max: 1000 }),
  holdMs: fc.integer({ min: 250, max: 1000 }),
});

describe("a service that says nothing but yes and no", () => {
  test("whatever it allows is found from 200 a minute, and held within 10 %", () => {
    fc.assert(
      fc.property(world, (one) => {
        const allowance = learnAllowance({ start: 200, most: Number.POSITIVE_INFINITY });
        const asked = service(one);
        asked.run(allowance, 4);
        for (let minute = 0; minute < 6; minute++) {
          const { perMinute } = asked.run(allowance, 1);
          expect(perMinute / one.allowed).toBeGreaterThan(0.9);
          expect(perMinute / one.allowed).toBeLessThan(1.1);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("a rate that was set too high comes down to what it allows", () => {
    fc.assert(
      fc.property(world, fc.double({ min: 1, max: 50, noNaN: true }), (one, times) => {
        const most = one.allowed * times;
        const allowance = learnAllowance({ start: most, most });
        const asked = service(one);
        expect(asked.run(allowance, 4).most).toBeLessThanOrEqual(most);
        const { perMinute, refused } = asked.run(allowance, 4);
        expect(perMinute / one.allowed).toBeGreaterThan(0.9);
        // A bucket saves up for as long as it is asked for less.
        expect(perMinute / one.allowed).toBeLessThanOrEqual(1.1 + one.bucket / one.allowed / 4);
        expect(refused / (perMinute * 4)).toBeLessThan(0.02);
      }),
      {
        numRuns: 200,
        // Cut below what is allowed before it could be measured.
        examples: [[{ allowed: 157, bucket: 150, latencyMs: 511, holdMs: 268 }, 13.886241359426371]],
      },
    );
  });
});

describe("what is learned", () => {
  const served = (allowance: Allowance, requests: number) => {
    for (let i = 0; i < requests; i++) allowance.served();
  };

  test("a refusal cuts once, however many of those under way are refused", () => {
    const allowance = learnAllowance({ start: 1000, most: 1000 });
    served(allowance, 5);
    const told = Array.from({ length: 30 }, (_, i) => allowance.refused(i, 500));
    expect([told[0], new Set(told.slice(1))]).toEqual(["rate", new Set(["nothing-new"])]);
    expect(allowance.rate).toBe(750);
    served(allowance, 5);
    allowance.refused(499, 900);
    expect(allowance.rate).toBe(750);
    allowance.refused(600, 900);
    expect(allowance.rate).toBe(375);
  });

  test("where everything is refused, waiting is what helps: the cut is taken back", () => {
    const allowance = learnAllowance({ start: 200, most: 200 });
    served(allowance, 100);
    allowance.refused(30_000, 30_434);
    expect(allowance.rate).toBe(150);
    const told = Array.from({ length: 20 }, (_, i) => allowance.refused(31_000 + i * 1000, 31_434 + i * 1000));
    expect(told).toContain("everything");
    expect(allowance.rate).toBe(200);
  });

  test("what is not used is not raised", () => {
    const allowance = learnAllowance({ start: 200, most: Number.POSITIVE_INFINITY });
    for (let at = 0; at < 600_000; at += 500) allowance.left(at, false);
    expect(allowance.rate).toBe(200);
  });

  test("what the service names holds at once, up to what was configured", () => {
    const unbounded = learnAllowance({ start: 200, most: Number.POSITIVE_INFINITY });
    unbounded.told(10_000);
    expect(unbounded.rate).toBe(10_000);
    unbounded.told(1000);
    expect(unbounded.rate).toBe(1000);
    const bounded = learnAllowance({ start: 500, most: 500 });
    bounded.told(200);
    expect(bounded.rate).toBe(200);
    bounded.told(10_000);
    expect(bounded.rate).toBe(500);
  });

  test("an allowance that was raised is found again, later", () => {
    const one = { allowed: 200, bucket: 200, latencyMs: 400, holdMs: 750 };
    const allowance = learnAllowance({ start: 200, most: Number.POSITIVE_INFINITY });
    service(one).run(allowance, 10);
    expect(allowance.rate).toBeLessThan(220);
    const later = learnedOn(allowance, { ...one, allowed: 1000 });
    expect(later.perMinute).toBeGreaterThan(900);
  });

  /** The same allowance after another hour at another service; its clock goes on. */
  function learnedOn(allowance: Allowance, world: World) {
    const asked = service(world, 10 * MINUTE_MS);
    asked.run(allowance, 60);
    return asked.run(allowance, 5);
  }
});
