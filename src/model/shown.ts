/** What a value is, without a character of it: it may be a secret in the wrong place. */
export function kindOf(value: unknown): string {
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value === undefined || value === null) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/**
 * A word as it is, no longer than `delayed_sip`, the longest of Alpaca's feeds: no key and no URL is so short. Of other
 * strings the kind.
 */
export function shownIfWord(value: unknown): string {
  return typeof value === "string" && !/^[\w-]{1,11}$/.test(value) ? kindOf(value) : shown(value);
}

/** Short strings, numbers and dates as they are; never the inside of an object, which may hold a secret. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : value.toISOString();
  return typeof value === "object" || typeof value === "function" ? kindOf(value) : String(value);
}
