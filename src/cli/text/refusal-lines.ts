import type { RefusedJob } from "../../model/job.ts";

/** What is wrong with a job that cannot be planned. */
export function refusalLines({ label, timeframe, issues }: RefusedJob): string[] {
  const problems = issues.map(
    ({ path, expected, received }) => `  ${path}: expected ${expected}, received ${received}`,
  );
  return [`job ${label} ${timeframe} is left out, it cannot be planned:`, ...problems];
}
