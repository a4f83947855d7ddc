import { createRequire } from "node:module";

/** Of the package, read from itself: the same path from `dist` and from the sources' folder. */
export const VERSION: string = createRequire(import.meta.url)("barfill/package.json").version;
