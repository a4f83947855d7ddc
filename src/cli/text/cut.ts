import { count } from "./words.ts";

/** Lists longer than this are cut, and say so. */
export const MOST_LINES = 20;

/** `words` with commas between, or the first `most` of them and how many more there are. */
export function cutWords(words: readonly string[], most: number): string {
  if (words.length <= most) return words.join(", ");
  return `${words.slice(0, most).join(", ")} and ${words.length - most} more`;
}

/** `lines`, or the first of them and how many more there are. */
export function cut(lines: readonly string[]): string[] {
  if (lines.length <= MOST_LINES) return [...lines];
  return [...lines.slice(0, MOST_LINES), `… and ${count(lines.length - MOST_LINES)} more`];
}
