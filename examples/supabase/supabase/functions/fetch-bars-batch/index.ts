import { fetchBarsBatch } from "barfill/edge";
import { wiring } from "../_shared/wiring.ts";

Deno.serve(fetchBarsBatch(wiring("fetch-bars-batch")));
