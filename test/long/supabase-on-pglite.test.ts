import { describeConformance } from "../adapters/supabase/through-supabase-js.ts";

describeConformance("PGlite");
