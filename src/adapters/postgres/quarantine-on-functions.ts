import type { Quarantine, QuarantinedSymbol } from "../../contracts/quarantine.ts";
import type { Functions } from "./functions.ts";
import { isBoolean, isNumber, isString, listOf, objectOf } from "./shapes.ts";
import { timeText } from "./store/times.ts";

const areEntries = listOf(
  objectOf<QuarantinedSymbol>({ provider: isString, symbol: isString, reason: isString, since: isNumber }),
);

/** The quarantine of `migrations/0001_store.sql`, however its functions are called. */
export function quarantineOnFunctions(functions: Functions): Quarantine {
  return {
    async add({ provider, symbol, reason, since }) {
      const args = { p_provider: provider, p_symbol: symbol, p_reason: reason, p_since: timeText(since) };
      await functions.value("quarantine_symbol", args, isBoolean);
    },
    list: (provider) => functions.value("quarantined_symbols", { p_provider: provider }, areEntries),
    lift: (provider, symbols) =>
      functions.value("lift_symbols", { p_provider: provider, p_symbols: symbols }, isNumber),
  };
}
