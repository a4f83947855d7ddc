export interface TableOptions {
  /** How many columns, from the left, hold words; the others hold numbers. Default 1. */
  readonly words?: number;
}

/** Rows under `head`, in columns, one line each; words to the left, numbers to the right. Only `head` for no rows. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { words = 1 }: TableOptions = {},
): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    widths
      .map((width, i) => (i < words ? (cells[i] ?? "").padEnd(width) : (cells[i] ?? "").padStart(width)))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)];
}
