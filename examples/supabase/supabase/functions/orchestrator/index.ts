import { orchestrator } from "barfill/edge";
import { wiring } from "../_shared/wiring.ts";

Deno.serve(orchestrator({ ...wiring("orchestrator"), maxConcurrentRuns: 5 }));
