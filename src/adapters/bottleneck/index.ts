export { bottleneckLimiter } from "./bottleneck-limiter.ts";
export type { BottleneckLimiterOptions } from "./options.ts";
