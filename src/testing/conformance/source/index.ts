import type { ConformanceCase, SourceContext } from "../conformance-case.ts";
import { limitsCases } from "./limits-cases.ts";
import { pageCases } from "./page-cases.ts";
import { repeatCases } from "./repeat-cases.ts";
import { settlingCases } from "./settling-cases.ts";

/** What every {@link BarSource} must do, in the order of their ids. */
export const sourceCases: readonly ConformanceCase<SourceContext>[] = [
  ...limitsCases,
  ...pageCases,
  ...settlingCases,
  ...repeatCases,
];
