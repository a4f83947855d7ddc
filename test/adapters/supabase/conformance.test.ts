import { describeConformance } from "./through-supabase-js.ts";

// On PGlite it takes twice as long, and runs by npm run test:long.
describeConformance("PostgreSQL");
