import type { ConformanceCase, StoreContext } from "../conformance-case.ts";
import { atomicityCases } from "./atomicity-cases.ts";
import { barCases } from "./bar-cases.ts";
import { coverageCases } from "./coverage-cases.ts";
import { identityCases } from "./identity-cases.ts";

/** What every {@link BarStore} must do, in the order of their ids. */
export const storeCases: readonly ConformanceCase<StoreContext>[] = [
  ...barCases,
  ...identityCases,
  ...coverageCases,
  ...atomicityCases,
];
