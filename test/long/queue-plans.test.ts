import { queuePlanTests } from "../adapters/postgres/queue-plans.ts";

queuePlanTests(1_000_000);
