// npx tsx scripts/config-schema.ts && npx biome check --write barfill.config.schema.json: writes the schema that the
// package ships, from the one that the command checks with.
import { writeFileSync } from "node:fs";
import { configJsonSchema } from "../src/cli/settings/schema.ts";

const file = new URL("../barfill.config.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
