import type { Quarantine } from "../../contracts/quarantine.ts";
import type { Functions } from "./functions.ts";
import { isBoolean, isNumber, isString, listOf, objectOf, orNull } from "./shapes.ts";
import { timeText } from "./store/times.ts";

const areEntries = listOf(
  objectOf({ provider: isString, symbol: isString, reason: isString, since: isNumber, until: orNull(isNumber) }),
);

/** The quarantine of `migrations/0001_store.sql`, however its functions are called. */
export function quarantineOnFunctions(functions: Functions): Quarantine {
  return {
    async add({ provider, symbol, reason, since, until }) {
      const args = {
        p_provider: provider,
        p_symbol: symbol,
        p_reason: reason,
        p_since: timeText(since),
        p_until: until === undefined ? null : timeText(until),
      };
      await functions.value("quarantine_symbol", args, isBoolean);
    },
    async list(provider) {
      const entries = await functions.value("quarantined_symbols", { p_provider: provider }, areEntries);
      return entries.map(({ until, ...entry }) => (until === null ? entry : { ...entry, until }));
    },
    lift: (provider, symbols) =>
      functions.value("lift_symbols", { p_provider: provider, p_symbols: symbols }, isNumber),
  };
}
