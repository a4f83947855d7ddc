import { createHash } from "node:crypto";
import type { RunState } from "../../contracts/slice-queue.ts";
import { runsIn } from "../../executor/runs-in.ts";
import { sum } from "../../model/sum.ts";
import type { CoverageMap } from "../../reporting/coverage-map.ts";
import type { ReportAnswer } from "../report-answer.ts";
import { count, minute, percent } from "../text/words.ts";
import { activitySection } from "./activity-section.ts";
import { coverageSection } from "./coverage-section.ts";
import { type Html, html, scriptJson, trusted } from "./html.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import { tablesSection } from "./tables-section.ts";

/**
 * One HTML page that needs nothing else: no network, no font, no script of anybody's. Its policy forbids the browser to
 * load anything and to run any script but the page's own. `answer` is in it as JSON, in the element `#barfill-report`.
 */
export function reportPage(answer: ReportAnswer, maps: readonly CoverageMap[]): string {
  const hash = createHash("sha256").update(SCRIPT).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const { complete, target, at } = answer;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>barfill: ${complete ? "complete" : "incomplete"}, ${target}</title><style>${trusted(STYLE)}</style></head>
<body><header><div class="top"><h1>barfill</h1><span class="badge${!complete && " no"}" data-complete="${String(complete)}">${
    complete ? "complete" : "incomplete"
  }</span></div>
<p class="soft">${answer.provider} into ${target}, as it was at ${minute(at)} (UTC, as all times here)</p>
${cards(answer)}</header>
<main>${coverageSection(maps)}${activitySection(answer)}${tablesSection(answer)}</main>
<script type="application/json" id="barfill-report">${scriptJson(answer)}</script>
<script>${trusted(SCRIPT)}</script></body></html>
`.html;
}

function cards({
  series,
  coveredShare,
  queue,
  busiestMinute,
  requestsPerMinute,
  quarantined,
  withheld,
}: ReportAnswer): Html {
  const runs = (state: RunState) => runsIn(queue, state);
  const bars = sum(queue, ({ bars }) => bars);
  const lacking = [
    ...(["partly", "missing", "failed"] as const).map((state) => [series[state], state] as const),
    [withheld, "with a withheld end"] as const,
  ].filter(([number]) => number > 0);
  return html`<dl class="cards">
<div><dt>Series covered</dt><dd data-figure="covered">${count(series.covered)} of ${count(series.all)}<small>${
    lacking.length === 0 ? "" : lacking.map(([number, state]) => `${count(number)} ${state}`).join(", ")
  }</small></dd></div>
<div><dt>Time covered</dt><dd data-figure="share">${percent(coveredShare)}<small>mean of the series</small></dd></div>
<div><dt>Runs done</dt><dd data-figure="runs">${count(runs("success"))}<small>${count(runs("queued") + runs("running"))} to go, ${count(runs("failed"))} failed</small></dd></div>
<div><dt>Bars fetched</dt><dd data-figure="bars">${count(bars)}<small>by the runs that are remembered</small></dd></div>
<div><dt>Busiest minute</dt><dd data-figure="busiest">${count(busiestMinute)}<small>requests, at least${requestsPerMinute !== "learn" && `; ${count(requestsPerMinute)} are allowed by the settings`}</small></dd></div>
<div><dt>In quarantine</dt><dd data-figure="quarantined">${count(quarantined.length)}<small>symbols refused</small></dd></div></dl>`;
}
