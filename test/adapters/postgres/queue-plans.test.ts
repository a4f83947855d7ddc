import { queuePlanTests } from "./queue-plans.ts";

// A million of them are a long test.
queuePlanTests(200_000);
