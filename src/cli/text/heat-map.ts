import type { CoverageCell, CoverageMap } from "../../reporting/coverage-map.ts";
import { count, instant, percent } from "./words.ts";

/** Told apart by shape; colour only helps. */
const GLYPHS: Readonly<Record<CoverageCell, string>> = {
  none: " ",
  covered: "█",
  withheld: "░",
  partly: "▒",
  gap: "·",
  quarantined: "×",
};

/** SGR: green, blue, yellow, red, magenta. */
const COLOURS: Readonly<Partial<Record<CoverageCell, number>>> = {
  covered: 32,
  withheld: 34,
  partly: 33,
  gap: 31,
  quarantined: 35,
};

export interface HeatMapOptions {
  readonly colour: boolean;
  /** The most rows to show; those that lack most are shown first. */
  readonly rows: number;
}

/** What the glyphs mean, in one line. */
export function heatMapKey({ colour }: Pick<HeatMapOptions, "colour">): string {
  const words: Readonly<Record<Exclude<CoverageCell, "none">, string>> = {
    covered: "covered",
    partly: "partly",
    gap: "gap",
    withheld: "withheld",
    quarantined: "quarantined",
  };
  return Object.entries(words)
    .map(([cell, word]) => `${painted(cell as CoverageCell, 1, colour)} ${word}`)
    .join("   ");
}

/** One line a series under a line with the times of both ends. */
export function heatMapLines(
  { timeframe, feed, adjustment, interval, rows }: CoverageMap,
  options: HeatMapOptions,
): string[] {
  const shown = rows.slice(0, options.rows);
  const width = Math.max(...shown.map(({ series }) => series.symbol.length), timeframe.length);
  const columns = shown[0]?.cells.length ?? 0;
  const ends = [instant(interval.start), instant(interval.end)];
  const room = columns - ends.join("").length;
  const scale = room > 0 ? ends.join(" ".repeat(room)) : ends.join(" ");
  const kind = [feed, ...(adjustment === "raw" ? [] : [adjustment])].join(", ");
  const lines = shown.map(
    ({ series, cells, coveredShare }) =>
      `${series.symbol.padEnd(width)} ${runsOf(cells)
        .map(([cell, length]) => painted(cell, length, options.colour))
        .join("")} ${percent(coveredShare).padStart(7)}`,
  );
  const rest = rows.slice(options.rows);
  const lacking = rest.filter(({ coveredShare }) => coveredShare < 1).length;
  const more =
    rest.length === 0
      ? []
      : [`… and ${count(rest.length)} more, ${lacking === 0 ? "all" : count(rest.length - lacking)} covered`];
  return [`${timeframe.padEnd(width)} ${scale}  ${kind}`, ...lines, ...more];
}

/** Neighbours that are the same as one: each with how many there are. */
export function runsOf(cells: readonly CoverageCell[]): (readonly [CoverageCell, number])[] {
  const runs: [CoverageCell, number][] = [];
  for (const cell of cells) {
    const last = runs.at(-1);
    if (last?.[0] === cell) last[1]++;
    else runs.push([cell, 1]);
  }
  return runs;
}

function painted(cell: CoverageCell, length: number, colour: boolean): string {
  const text = GLYPHS[cell].repeat(length);
  const code = COLOURS[cell];
  return colour && code !== undefined ? `\x1b[${code}m${text}\x1b[0m` : text;
}
