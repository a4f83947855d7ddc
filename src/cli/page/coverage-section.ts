import { sum } from "../../model/sum.ts";
import type { CoverageCell, CoverageMap, CoverageRow } from "../../reporting/coverage-map.ts";
import { runsOf } from "../text/heat-map.ts";
import { instant, percent, plural, span } from "../text/words.ts";
import { type Html, html } from "./html.ts";

/** From the best to the worst, as they are stacked. */
const KEY: Readonly<Record<Exclude<CoverageCell, "none">, string>> = {
  covered: "covered",
  withheld: "withheld: too recent to be final or allowed",
  partly: "partly: covered but for a gap",
  gap: "gap: missing",
  quarantined: "quarantined: refused by the source",
};

const CELLS = Object.keys(KEY) as Exclude<CoverageCell, "none">[];

export function coverageSection(maps: readonly CoverageMap[]): Html {
  const rows = sum(maps, (map) => map.rows.length);
  return html`<section aria-labelledby="coverage">
<h2 id="coverage">Coverage</h2>
<p class="soft">Covered means asked and answered to the last page, even if the answer was “no bars”. Shares are of time, nights
and weekends included. A cell shows the worst that it holds, so a gap is seen however short it is.</p>
<ul class="key" aria-label="Key">${CELLS.map((cell) => html`<li><i class="${cell}"></i>${KEY[cell]}</li>`)}</ul>
${
  rows > 10 &&
  html`<div class="tools" hidden>
<label>Symbol <input type="search" size="12" autocomplete="off" spellcheck="false"></label>
<label><input type="checkbox"> only what is not covered</label> <output class="soft"></output></div>`
}
${maps.map(mapPanel)}</section>`;
}

function mapPanel(map: CoverageMap): Html {
  const { timeframe, feed, adjustment, interval, rows } = map;
  const name = `${timeframe} · ${feed} · ${adjustment}`;
  const covered = rows.filter(({ state }) => state === "covered").length;
  return html`<div class="panel" data-timeframe="${timeframe}">
<header><h3>${name}</h3><span class="soft">${covered} of ${plural(rows.length, "series", "series")} covered, <span class="nowrap">${instant(interval.start)}/</span><wbr><span class="nowrap">${instant(interval.end)}</span></span></header>
${strip(map, name)}
<div class="axis"><span>${instant(interval.start)}</span><span>${instant(interval.end)}</span></div>
<div class="scroll" tabindex="0" role="region" aria-label="${name}, by symbol">
<table class="map"><thead><tr><th class="symbol" scope="col">Symbol</th><th scope="col">Time</th>
<th class="share number" scope="col">Covered</th><th class="what" scope="col">Lacks</th></tr></thead>
<tbody>${rows.map(mapRow)}</tbody></table></div></div>`;
}

/** All rows at a glance: in each column, how many are in which state. */
function strip({ rows, interval }: CoverageMap, name: string): Html {
  const columns = rows[0]?.cells.length ?? 0;
  const bars = Array.from({ length: columns }, (_, column) => {
    let y = rows.length;
    return CELLS.map((cell) => {
      const height = rows.filter(({ cells }) => cells[column] === cell).length;
      y -= height;
      return height > 0 && html`<rect class="${cell}" x="${column}" y="${y}" width="1" height="${height}"/>`;
    });
  });
  return html`<svg class="strip none" viewBox="0 0 ${columns} ${rows.length}" preserveAspectRatio="none" shape-rendering="crispEdges" role="img"
aria-label="${name}: share of the series in each state over ${span(interval)}; the table below has the same by symbol">${bars}</svg>`;
}

function mapRow({ series, state, coveredShare, gaps, cells }: CoverageRow): Html {
  const what = lacks(state, gaps);
  let x = 0;
  const rects = runsOf(cells).map(([cell, length]) => {
    const at = x;
    x += length;
    return html`<rect class="${cell}" x="${at}" width="${length}" height="1"/>`;
  });
  return html`<tr data-symbol="${series.symbol}" data-state="${state}" data-covered="${coveredShare}" data-gaps="${gaps}">
<th class="symbol" scope="row" title="${series.symbol}">${series.symbol}</th>
<td><svg viewBox="0 0 ${cells.length} 1" preserveAspectRatio="none" shape-rendering="crispEdges" role="img" aria-label="${percent(coveredShare)} covered, ${what || "nothing missing"}">${rects}</svg></td>
<td class="share number">${percent(coveredShare)}</td><td class="what">${what}</td></tr>`;
}

function lacks(state: CoverageRow["state"], gaps: number): string {
  if (state === "covered") return "";
  if (state === "withheld") return "withheld";
  const words = plural(gaps, "gap");
  return state === "quarantined" || state === "failed" ? `${words}, ${state}` : words;
}
