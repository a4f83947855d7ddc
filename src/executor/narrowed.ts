import type { BarSource } from "../contracts/bar-source.ts";

/** The same source, asked for `symbolsPerRequest` symbols a request at most. */
export function narrowed(source: BarSource, symbolsPerRequest: number): BarSource {
  const { provider, feed, limits } = source;
  return {
    provider,
    feed,
    limits: { ...limits, symbolsPerRequest: Math.min(limits.symbolsPerRequest, symbolsPerRequest) },
    fetchPage: (request, options) => source.fetchPage(request, options),
  };
}
