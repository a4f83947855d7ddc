import type { RunRecord } from "../../contracts/run-history.ts";
import { type FailedRuns, TRY_AGAIN } from "../failed-runs.ts";
import type { ReportAnswer } from "../report-answer.ts";
import { count, duration, instant, minute } from "../text/words.ts";
import { type Html, html } from "./html.ts";

/** Why runs failed, the slowest slices, and the symbols in quarantine. */
export function tablesSection({ failed, slowest, quarantined }: ReportAnswer): Html {
  return html`${failed.length > 0 && failedSection(failed)}<section aria-labelledby="slowest"><h2 id="slowest">Slowest slices</h2>
${
  slowest.length === 0
    ? html`<p class="soft">No run is over yet.</p>`
    : html`<p class="soft">By the time of their last lease, waiting for the rate included.</p>
<div class="panel"><div class="scroll" tabindex="0" role="region" aria-label="Slowest slices"><table>
<thead><tr><th scope="col">Symbols</th><th class="number" scope="col">Took</th><th scope="col">Bars of</th><th scope="col">Interval</th>
${["Requests", "Bars", "Tries"].map((title) => html`<th class="number" scope="col">${title}</th>`)}<th scope="col">Ended</th></tr></thead>
<tbody>${slowest.map(slowRow)}</tbody></table></div></div>`
}</section>
<section aria-labelledby="quarantine"><h2 id="quarantine">Quarantine</h2>
${
  quarantined.length === 0
    ? html`<p class="soft">The source refused no symbol that is wanted.</p>`
    : html`<p class="soft">Symbols that the source refused. They are left out until their time is over or they are lifted: barfill quarantine lift SYMBOL.</p>
<div class="panel"><div class="scroll" tabindex="0" role="region" aria-label="Quarantine"><table>
<thead><tr><th scope="col">Symbol</th><th scope="col">Since</th><th scope="col">Reason</th></tr></thead>
<tbody>${quarantined.map(
        ({ symbol, since, reason }) =>
          html`<tr data-refused="${symbol}"><th scope="row">${symbol}</th><td class="nowrap">${minute(since)}</td><td class="words">${reason}</td></tr>`,
      )}</tbody></table></div></div>`
}</section>`;
}

function failedSection(failed: readonly FailedRuns[]): Html {
  return html`<section aria-labelledby="failed"><h2 id="failed">Failed runs</h2>
<p class="soft">Why they failed, and how many of them. To try again: ${TRY_AGAIN}.</p>
<div class="panel"><div class="scroll" tabindex="0" role="region" aria-label="Failed runs"><table>
<thead><tr><th scope="col">Label</th><th scope="col">Bars of</th><th class="number" scope="col">Runs</th><th scope="col">Reason</th></tr></thead>
<tbody>${failed.map(
    ({ label, timeframe, runs, error }) =>
      html`<tr data-failed="${runs}"><th scope="row">${label ?? "(no label)"}</th><td>${timeframe}</td><td class="number">${count(runs)}</td><td class="words">${error.message}</td></tr>`,
  )}</tbody></table></div></div></section>
`;
}

function slowRow(run: RunRecord): Html {
  const { symbols, firstSymbol, label, timeframe, interval, startedAt, finishedAt, requests, bars, attempt } = run;
  const names = symbols === 1 ? firstSymbol : `${firstSymbol} and ${count(symbols - 1)} more`;
  return html`<tr data-slice="${run.sliceId}" data-took="${(finishedAt ?? startedAt) - startedAt}">
<th scope="row">${names}${label !== undefined && html`<div class="soft">${label}</div>`}</th>
<td class="number">${duration((finishedAt ?? startedAt) - startedAt)}</td><td>${timeframe}</td>
<td><span class="nowrap">${instant(interval.start)}/</span><wbr><span class="nowrap">${instant(interval.end)}</span></td>
<td class="number">${run.state === "success" ? count(requests) : "not kept"}</td><td class="number">${count(bars)}</td>
<td class="number">${count(attempt)}</td><td class="words">${run.state}${run.error !== undefined && html`<div class="soft">${run.error.message}</div>`}</td></tr>`;
}
