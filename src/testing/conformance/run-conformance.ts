import { OptionsError } from "../../errors.ts";
import type { OptionsIssue } from "../../model/options-issue.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** The `test` of vitest, node:test or bun:test, or anything that takes a title and a function. */
export interface TestRunner {
  (title: string, run: () => Promise<void>): unknown;
  /** Shows the title without running anything. */
  readonly skip: (title: string, run: () => Promise<void>) => unknown;
}

/** What {@link runConformance} takes. */
export interface ConformanceOptions<Context> {
  /** `storeCases`, `queueCases`, `sourceCases` or `plannerCases`, or some of them. */
  readonly cases: readonly ConformanceCase<Context>[];
  /** Called once a case; `dispose` is called after it, whether it passed or not. */
  create(): Promise<Context & { dispose?(): Promise<void> | void }>;
  /** Passed in, so that the cases run under any runner. */
  readonly test: TestRunner;
  /** Reasons by id: cases that the adapter cannot pass. They are shown as skipped, with the reason in the title. */
  readonly exempt?: Readonly<Record<string, string>>;
}

/**
 * Registers one test a case, in the order of `cases`. Throws {@link OptionsError}, before the first test is registered,
 * when `exempt` names an id that is not among the cases or gives no reason.
 *
 * @example
 * ```ts
 * import { test } from "vitest";
 * import { memoryStore } from "barfill/memory";
 * import { runConformance, storeCases } from "barfill/testing";
 *
 * runConformance({ cases: storeCases, create: async () => ({ store: memoryStore() }), test });
 * ```
 */
export function runConformance<Context>({ cases, create, test, exempt = {} }: ConformanceOptions<Context>): void {
  checkExempt(cases, exempt);
  for (const { id, title, run } of cases) {
    const reason = exempt[id];
    const runCase = async () => {
      const context = await create();
      try {
        await run(context);
      } finally {
        await context.dispose?.();
      }
    };
    if (reason === undefined) test(`${id} ${title}`, runCase);
    else test.skip(`${id} ${title} (exempt: ${reason})`, runCase);
  }
}

function checkExempt(cases: readonly { readonly id: string }[], exempt: Readonly<Record<string, string>>): void {
  const ids = new Set(cases.map(({ id }) => id));
  const issues: OptionsIssue[] = [];
  for (const [id, reason] of Object.entries(exempt)) {
    if (!ids.has(id)) issues.push({ path: `exempt.${id}`, expected: "the id of a case", received: id });
    if (reason.trim() === "") issues.push({ path: `exempt.${id}`, expected: "a reason", received: `"${reason}"` });
  }
  if (issues.length > 0) throw new OptionsError(issues);
}
