import type { Bucket } from "./bucket.ts";
import type { Knobs } from "./knobs.ts";

const MINUTE_S = 60;

/** What an answer of `status` says of the rate, under the knobs `rateHeaders`, `resetHeader` and `retryAfter`. */
export function rateHeaders(
  status: number,
  bucket: Bucket,
  requestsPerMinute: number,
  now: number,
  knobs: Knobs,
): Record<string, string> {
  const headers: Record<string, string> = {};
  const isSaid = knobs.rateHeaders === "always" || (knobs.rateHeaders === "answers" && status !== 429);
  if (isSaid) {
    headers["X-RateLimit-Limit"] = String(requestsPerMinute);
    headers["X-RateLimit-Remaining"] = String(bucket.remaining());
    const resetS = knobs.resetHeader === "next-token" ? Math.ceil(bucket.nextAt() / 1000) : nextMinuteS(now);
    headers["X-RateLimit-Reset"] = String(resetS);
  }
  if (status === 429 && knobs.retryAfter !== "never") {
    const resumeS = Math.ceil(bucket.nextAt() / 1000);
    headers["Retry-After"] =
      knobs.retryAfter === "date"
        ? new Date(resumeS * 1000).toUTCString()
        : String(Math.max(1, Math.ceil((bucket.nextAt() - now) / 1000)));
  }
  return headers;
}

function nextMinuteS(now: number): number {
  return (Math.floor(now / 1000 / MINUTE_S) + 1) * MINUTE_S;
}
