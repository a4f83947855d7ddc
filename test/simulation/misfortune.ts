import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import type { Fault } from "../../src/testing/simulator/index.ts";
import type { Owner } from "./scheduler.ts";
import type { World } from "./world.ts";

export const LONGEST_QUEUE_STEP_MS = 300_000;

interface Deed {
  readonly ms: number;
  readonly does: () => unknown;
}

/**
 * What goes wrong from without, until the last fault: processes are killed and others begin in their place, clocks
 * step, runs are cancelled, work is stopped, the service storms, or answers nobody. From then on all clocks are right.
 */
export async function misfortune(world: World, begin: (name: Owner) => void, queue: SliceQueue): Promise<void> {
  const { scheduler, schedule, setting, chance, counts, apiFaults, living, workload } = world;
  const { endsAfterMs } = schedule;
  const draw = chance.fork(77);
  let born = setting.processes.length;
  const anyone = () => (living.size === 0 ? undefined : draw.pick([...living]));
  // Most work is done early, so most of it happens early.
  const times = (count: number, does: () => unknown): Deed[] =>
    Array.from({ length: count }, () => ({ ms: Math.floor(endsAfterMs * draw.next() ** 2), does }));

  const fromTo = ({ afterMs, forMs }: { afterMs: number; forMs: number }, fault: Fault): Deed[] => {
    const isOn = () => apiFaults.indexOf(fault);
    return [
      { ms: afterMs, does: () => apiFaults.unshift(fault) },
      { ms: Math.min(endsAfterMs, afterMs + forMs), does: () => isOn() >= 0 && apiFaults.splice(isOn(), 1) },
    ];
  };

  const deeds: Deed[] = [
    ...times(schedule.kills, () => {
      const name = anyone();
      if (name === undefined) return;
      counts.kills++;
      kill(world, name);
      begin(`p${++born}`);
    }),
    ...times(schedule.clockSteps, () => {
      const name = anyone();
      counts.clockSteps++;
      const byMs = draw.pick([-1, 1]) * draw.pick([50, 2000, 60_000, LONGEST_QUEUE_STEP_MS, 7_200_000]);
      if (name === undefined || draw.happens(0.3)) scheduler.step("queue", byMs % (LONGEST_QUEUE_STEP_MS + 1));
      else scheduler.step(name, byMs);
    }),
    ...times(schedule.cancellations, async () => {
      await queue.cancel(draw.happens(0.5) ? {} : { states: ["running"] });
    }),
    ...times(schedule.aborts, () => {
      const name = anyone();
      if (name === undefined) return;
      counts.aborts++;
      stopAll(world, name);
    }),
    ...schedule.storms.flatMap(({ retryAfterS, ...when }) =>
      fromTo(when, { kind: "rate-limited", ...(retryAfterS === undefined ? {} : { retryAfterS }) }),
    ),
    ...(schedule.outage === undefined ? [] : fromTo(schedule.outage, { kind: "unavailable", status: 503 })),
  ];
  await Promise.all(deeds.map(({ ms, does }) => scheduler.clock.sleep(ms).then(does)));
  await scheduler.clock.sleep(Math.max(0, workload.now + endsAfterMs - scheduler.now()));

  world.isCalm = true;
  apiFaults.length = 0;
  for (const name of [...living, "queue"]) scheduler.step(name, scheduler.now() - scheduler.clockOf(name).now());
  if (!setting.survivorsStay) for (const name of living) stopAll(world, name);
}

/** Dies at whatever it waits for. */
function kill({ living, outstanding, stops, scheduler, deaths }: World, name: Owner): void {
  living.delete(name);
  outstanding.delete(name);
  stops.delete(name);
  scheduler.kill(name);
  deaths.get(name)?.();
}

function stopAll({ scheduler, stops }: World, name: Owner): void {
  void scheduler.spawn(name, "stop", () => {
    for (const stop of stops.get(name) ?? []) stop.abort(new Error("enough"));
  });
}
