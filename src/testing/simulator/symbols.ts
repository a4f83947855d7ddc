import { refusal } from "./answer.ts";
import type { Knobs } from "./knobs.ts";

const STOCK = /^[A-Z0-9]{1,12}(?:\.[A-Z0-9]{1,4})?$/;
const PAIR = /^[A-Z]+\/[A-Z]+$/;

/**
 * The symbols of a request in the order of its answers, none twice; those that cannot have bars are left out.
 * Throws a refusal that names the first malformed symbol.
 */
export function resolveSymbols(requested: readonly string[], market: "stocks" | "crypto", knobs: Knobs): string[] {
  const resolved = new Set<string>();
  for (const symbol of requested) {
    const upper = symbol.toUpperCase();
    if (!(market === "crypto" ? PAIR : STOCK).test(upper)) throw malformed(symbol, market);
    if (symbol !== upper && knobs.lowerCaseSymbols === "refused") throw malformed(symbol, market);
    if (symbol !== upper && knobs.lowerCaseSymbols === "absent") continue;
    if (resolved.has(upper) && knobs.repeatedSymbols === "refused") throw refusal(400, `duplicate symbol: ${upper}`);
    resolved.add(upper);
  }
  return collate([...resolved], knobs.collation);
}

function malformed(symbol: string, market: "stocks" | "crypto") {
  return market === "crypto"
    ? refusal(400, `Invalid symbol(s): ${symbol} does not match ${PAIR.source.replace("\\/", "/")}`)
    : refusal(400, `invalid symbol: ${symbol}`);
}

// As databases collate: letters and digits first, punctuation only to tell equals apart.
const collator = new Intl.Collator("en", { sensitivity: "base", ignorePunctuation: true });

/** Puts `symbols` in the order in which answers name them. */
export function collate(symbols: readonly string[], collation: Knobs["collation"]): string[] {
  if (collation === "request-order") return [...symbols];
  const ascending = [...symbols].sort();
  if (collation === "reverse") return ascending.reverse();
  return collation === "case-insensitive-locale" ? ascending.sort(collator.compare) : ascending;
}
