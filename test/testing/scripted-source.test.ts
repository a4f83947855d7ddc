import { test } from "vitest";
import { runConformance, sourceCases } from "../../src/testing/conformance/index.ts";
import { scripted } from "./source-faults.ts";

runConformance({ cases: sourceCases, create: async () => scripted(), test });
