import type { ConformanceCase, QueueContext } from "../conformance-case.ts";
import { apartCases } from "./apart-cases.ts";
import { enqueueCases } from "./enqueue-cases.ts";
import { fencingCases } from "./fencing-cases.ts";
import { leaseCases } from "./lease-cases.ts";
import { orderCases } from "./order-cases.ts";
import { raceCases } from "./race-cases.ts";
import { stateCases } from "./state-cases.ts";

/** What every {@link SliceQueue} must do, in the order of their ids. */
export const queueCases: readonly ConformanceCase<QueueContext>[] = [
  ...enqueueCases,
  ...stateCases,
  ...orderCases,
  ...leaseCases,
  ...fencingCases,
  ...raceCases,
  ...apartCases,
];
