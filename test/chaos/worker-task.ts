import type { BackfillOptions } from "../../src/index.ts";

/** What a worker process is told to do: JSON. */
export interface WorkerTask
  extends Pick<BackfillOptions, "requestsPerMinute" | "concurrency" | "leaseMs" | "pollMs" | "workerId"> {
  /** Where the source is served. */
  readonly sourceUrl: string;
  readonly databaseUrl: string;
  readonly schema: string;
}
