import { marketData } from "@alpacahq/alpaca-trade-api/rest";
import type { BarSource } from "../../contracts/bar-source.ts";
import { SourceRejectedError } from "../../errors.ts";
import type { Feed } from "../../model/series.ts";
import { configuration, symbolBytes } from "./configuration.ts";
import { type AlpacaCryptoOptions, checkCryptoOptions, SETTLING_MS } from "./options.ts";
import { alpacaSource, MAKE_UP, PAGE_SIZE } from "./source.ts";

/**
 * Crypto pairs from `GET /v1beta3/crypto/{location}/bars`. Series are of provider `alpaca-crypto`; their feed is the
 * location, and they know no adjustment but `raw`.
 *
 * @throws {@link OptionsError} with every problem.
 * @see https://docs.alpaca.markets/reference/cryptobars-1
 */
export function alpacaCrypto(options: AlpacaCryptoOptions = {}): BarSource {
  checkCryptoOptions(options);
  const feed: Feed = options.location ?? "us";
  const api = new marketData.CryptoApi(configuration(options));
  return alpacaSource({
    provider: "alpaca-crypto",
    feed,
    limits: {
      pageSize: PAGE_SIZE,
      // Nothing is known of a hidden charge here; if there is one, the cost model learns it.
      chargedInMinutes: [],
      symbolsPerRequest: Number.MAX_SAFE_INTEGER,
      symbolBytes: symbolBytes(options),
      historyStart: Date.UTC(2021, 0, 1),
      withheldTailMs: options.withheldTailMs ?? SETTLING_MS,
      hours: "always",
      // Daily bars were seen to open at 05:00Z and 06:00Z.
      dayAnchor: "unknown",
      makeUp: MAKE_UP,
    },
    async send(query, { feed, adjustment }, init) {
      // The service would ignore it, and raw prices would be kept as adjusted ones.
      if (adjustment !== "raw")
        throw new SourceRejectedError(`crypto bars know no adjustment, ${adjustment} was asked for`);
      const loc = feed as marketData.CryptoHistoricalLoc;
      return (await api.cryptoBarsRaw({ ...query, loc, sort: "asc" }, init)).raw;
    },
  });
}
