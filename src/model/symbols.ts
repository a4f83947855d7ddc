/**
 * Splits symbols into groups that each fit into one request: at most `most` symbols whose percent-encoded list,
 * joined by `%2C`, takes at most `bytes`. Keeps their order; a symbol too long for any group stands alone.
 */
export function packSymbols(symbols: readonly string[], most: number, bytes: number): string[][] {
  const groups: string[][] = [];
  let group: string[] = [];
  let taken = 0;
  for (const symbol of symbols) {
    const size = encodeURIComponent(symbol).length;
    if (group.length > 0 && (group.length >= most || taken + "%2C".length + size > bytes)) {
      groups.push(group);
      group = [];
      taken = 0;
    }
    taken += size + (group.length > 0 ? "%2C".length : 0);
    group.push(symbol);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
