import type { Quarantine, QuarantinedSymbol } from "../../contracts/quarantine.ts";

/**
 * A {@link Quarantine} in this process's memory, gone when the process ends. A symbol that is added again keeps its
 * first entry until that one is over. `list` goes by code unit and may be empty.
 */
export function memoryQuarantine(): Quarantine {
  const providers = new Map<string, Map<string, QuarantinedSymbol>>();
  return {
    async add(entry) {
      const entries = providers.get(entry.provider) ?? new Map<string, QuarantinedSymbol>();
      providers.set(entry.provider, entries);
      const known = entries.get(entry.symbol);
      if (known === undefined || (known.until ?? Number.POSITIVE_INFINITY) <= entry.since) {
        entries.set(entry.symbol, entry);
      }
    },
    async list(provider) {
      const entries = [...(providers.get(provider)?.values() ?? [])];
      return entries.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    },
    async lift(provider, symbols) {
      const entries = providers.get(provider);
      return symbols.filter((symbol) => entries?.delete(symbol)).length;
    },
  };
}
