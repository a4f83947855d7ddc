import { fetchBars } from "barfill/edge";
import { wiring } from "../_shared/wiring.ts";

Deno.serve(fetchBars(wiring("fetch-bars")));
