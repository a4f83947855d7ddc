import { trading } from "@alpacahq/alpaca-trade-api/rest";
import { z } from "zod";
import type { Asset, AssetList } from "../../contracts/asset-list.ts";
import { SourceDataError } from "../../errors.ts";
import { defined } from "../../model/defined.ts";
import { bodyOf } from "./body.ts";
import { type AlpacaAssetsOptions, checkAssetsOptions } from "./options.ts";
import { fromSdkError } from "./sdk-errors.ts";

const TRADING_HOST = "https://paper-api.alpaca.markets";

const ASSETS = z.array(z.object({ symbol: z.string(), status: z.string() }));

/**
 * The assets that Alpaca lists, stocks and pairs, those that were delisted included, from `GET /v2/assets` of the
 * trading host: one request of some megabytes a call. It says who is listed now, and not since when.
 *
 * The list rejects with one of the `Source…` errors.
 *
 * @throws {@link OptionsError} with every problem.
 * @see https://docs.alpaca.markets/reference/get-v2-assets-1
 */
export function alpacaAssets(options: AlpacaAssetsOptions): AssetList {
  checkAssetsOptions(options);
  const { baseUrl = TRADING_HOST, timeoutMs = 30_000, keyId, secretKey, fetch } = options;
  const api = new trading.AssetsApi(
    new trading.Configuration({
      basePath: baseUrl.replace(/\/+$/, ""),
      timeoutMs,
      headers: { "APCA-API-KEY-ID": keyId, "APCA-API-SECRET-KEY": secretKey },
      ...defined({ fetchApi: fetch }),
    }),
  );
  return async () => {
    const { raw } = await api.getV2AssetsRaw({}).catch((error) => {
      throw fromSdkError(error);
    });
    const parsed = ASSETS.safeParse(jsonIn(await bodyOf(raw, "the list of assets")));
    if (!parsed.success) throw new SourceDataError("the list of assets is not one");
    return parsed.data.map(({ symbol, status }): Asset => ({ symbol, isListed: status === "active" }));
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SourceDataError("the list of assets is not JSON");
  }
}
