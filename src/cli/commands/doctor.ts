import type { Check } from "../doctor/check.ts";
import { databaseChecks } from "../doctor/database-checks.ts";
import { sourceChecks } from "../doctor/source-checks.ts";
import { EXIT } from "../exit-code.ts";
import { type Command, type Invocation, targetInput } from "../invocation.ts";
import { rateOf } from "../rate.ts";

const MARKS: Readonly<Record<Check["state"], string>> = {
  ok: "ok      ",
  warning: "warning ",
  problem: "PROBLEM ",
  skipped: "skipped ",
};

export const doctor: Command = async (invocation) => {
  const { terminal, settings, environment, clock } = invocation;
  const asked = {
    settings,
    environment,
    rate: rateOf(settings),
    now: () => clock.now(),
  };
  const [source, database] = await Promise.all([sourceChecks(asked), databaseChecks(targetInput(invocation))]);
  const checks = [configCheck(invocation), ...source, ...database];
  const ok = checks.every(({ state }) => state !== "problem");
  if (terminal.json) terminal.answer({ ok, checks });
  else {
    for (const { name, state, found, advice } of checks) {
      terminal.print(`${MARKS[state]} ${name.padEnd(15)} ${found}`);
      if (advice !== undefined) terminal.print(`${" ".repeat(25)}→ ${advice}`);
    }
  }
  return ok ? EXIT.complete : EXIT.failed;
};

function configCheck({ settings }: Invocation): Check {
  if (settings.configPath === undefined)
    return { name: "config", state: "ok", found: "no file; flags and environment only" };
  return { name: "config", state: "ok", found: settings.configPath };
}
