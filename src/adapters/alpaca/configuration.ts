import { marketData } from "@alpacahq/alpaca-trade-api/rest";
import { defined } from "../../model/defined.ts";
import type { AlpacaKeys, AlpacaOptions } from "./options.ts";

const DATA_HOST = "https://data.alpaca.markets";

/** Room for the path and every parameter but the symbols, the page token included. */
const OTHER_BYTES = 500;

/** The SDK's transport for `options`: no retries, no throttling. */
export function configuration(options: AlpacaOptions & Partial<AlpacaKeys>): marketData.Configuration {
  const { baseUrl = DATA_HOST, timeoutMs = 20_000, keyId, secretKey, fetch } = options;
  return new marketData.Configuration({
    basePath: baseUrl.replace(/\/+$/, ""),
    timeoutMs,
    // The generated layer neither retries nor throttles unless it is told to; the SDK's client would do both.
    // As headers of every request: its own `keyId` and `secret` are left out of crypto requests.
    ...(keyId === undefined || secretKey === undefined
      ? {}
      : { headers: { "APCA-API-KEY-ID": keyId, "APCA-API-SECRET-KEY": secretKey } }),
    ...defined({ fetchApi: fetch }),
  });
}

/** How many bytes the list of symbols may take of the URL. */
export function symbolBytes({ baseUrl = DATA_HOST, maxUrlBytes = 8000 }: AlpacaOptions): number {
  return Math.max(1, maxUrlBytes - baseUrl.length - OTHER_BYTES);
}
