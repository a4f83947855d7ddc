import type { ActivityBucket } from "../../reporting/run-activity.ts";
import type { ReportAnswer } from "../report-answer.ts";
import { count, duration, instant, percent, plural } from "../text/words.ts";
import { type Html, html } from "./html.ts";

const HEIGHT = 100;

/** Runs over time, and the rate against the allowance. */
export function activitySection(answer: ReportAnswer): Html {
  const { activity, history } = answer;
  const [first] = activity;
  if (first === undefined) {
    return html`<section><h2>Runs over time</h2><p class="soft">No run is over yet.</p></section>`;
  }
  const bucketMs = first.end - first.start;
  const left = history.total - history.runs;
  return html`<section aria-labelledby="runs">
<h2 id="runs">Runs over time</h2>
<p class="soft">Runs that ended, in steps of ${duration(bucketMs)}: ${plural(history.runs, "run")}${
    left > 0 && html`, the latest of ${count(history.total)}`
  }. The queue remembers the last run of each slice; what was pruned or queued afresh is not in it.</p>
<ul class="key" aria-label="Key"><li><i class="success"></i>success</li><li><i class="failed"></i>failed</li><li><i class="cancelled"></i>cancelled</li></ul>
<div class="panel">${runsChart(activity)}${activityTable(activity)}</div></section>
<section aria-labelledby="rate">
<h2 id="rate">Rate against allowance</h2>
<p class="soft">Requests a minute, in steps of ${duration(bucketMs)}. Each run’s requests are spread evenly over its last lease;
those of earlier leases are not in it, so the true rate may have been higher. The first and the last
step are seldom whole, and in a step of seconds one request more or less shows.</p>
<div class="panel">${rateChart(answer)}</div></section>`;
}

function runsChart(activity: readonly ActivityBucket[]): Html {
  const most = Math.max(1, ...activity.map(({ success, failed, cancelled }) => success + failed + cancelled));
  const bars = activity.map((bucket, x) => {
    let y = HEIGHT;
    const title = `${instant(bucket.start)}: ${count(bucket.success)} done, ${count(bucket.failed)} failed, ${count(bucket.cancelled)} cancelled`;
    const stack = (["success", "failed", "cancelled"] as const).map((state) => {
      const height = (HEIGHT * bucket[state]) / most;
      y -= height;
      return height > 0 && html`<rect class="${state}" x="${x + 0.06}" y="${y}" width="0.88" height="${height}"/>`;
    });
    return html`<g><title>${title}</title>${stack}</g>`;
  });
  return html`<div class="axis y"><span>${plural(most, "run")} at most</span></div>
${chart(activity, "Runs that ended, over time; the table below has the numbers", bars)}`;
}

function rateChart({ activity, busiestMinute, requestsPerMinute }: ReportAnswer): Html {
  const peak = Math.max(0, ...activity.map((bucket) => bucket.requestsPerMinute));
  const allowed = requestsPerMinute === "learn" ? undefined : requestsPerMinute;
  // An allowance far above the rate would leave nothing to see of it; one that is learned nobody knows here.
  const drawn = allowed === undefined || peak < allowed / 5 ? undefined : allowed;
  const top = Math.max(1, drawn === undefined ? peak * 1.25 : Math.max(peak, drawn) * 1.05);
  const bars = activity.map((bucket, x) => {
    const height = (HEIGHT * bucket.requestsPerMinute) / top;
    const title = `${instant(bucket.start)}: ${count(bucket.requestsPerMinute)} requests a minute`;
    return html`<rect class="success" x="${x + 0.06}" y="${HEIGHT - height}" width="0.88" height="${height}"><title>${title}</title></rect>`;
  });
  const lines = [drawn ?? []].flat().map((rate) => {
    const y = HEIGHT - (HEIGHT * rate) / top;
    return html`<line class="allowance" x1="0" x2="${activity.length}" y1="${y}" y2="${y}" vector-effect="non-scaling-stroke"/>`;
  });
  const label = allowed === undefined ? "" : `; ${count(allowed)} are allowed`;
  return html`<ul class="key" aria-label="Key" data-busiest="${busiestMinute}" data-allowed="${requestsPerMinute}">
<li><i class="success"></i>requests a minute: ${count(busiestMinute)} in the busiest${allowed !== undefined && `, ${percent(busiestMinute / allowed)} of the allowance`}</li>
${allowed !== undefined && html`<li>${drawn !== undefined && html`<i class="line"></i>`}allowed ${count(allowed)} a minute by the settings${drawn === undefined && ", far above this chart"}</li>`}</ul>
${chart(activity, `Requests a minute over time${label}`, [...bars, ...lines])}`;
}

function chart(activity: readonly ActivityBucket[], label: string, parts: readonly Html[]): Html {
  const [first] = activity;
  const last = activity.at(-1);
  const width = activity.length;
  return html`<svg class="chart" viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">
<line class="base" x1="0" x2="${width}" y1="${HEIGHT}" y2="${HEIGHT}" vector-effect="non-scaling-stroke"/>${parts}</svg>
<div class="axis"><span>${first && instant(first.start)}</span><span>${last && instant(last.end)}</span></div>`;
}

function activityTable(activity: readonly ActivityBucket[]): Html {
  const busy = activity.filter((one) => one.success + one.failed + one.cancelled + one.requests > 0);
  return html`<details><summary>The same as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Runs over time"><table>
<thead><tr><th scope="col">From</th>${["Done", "Failed", "Cancelled", "Bars", "Requests", "A minute"].map(
    (title) => html`<th class="number" scope="col">${title}</th>`,
  )}</tr></thead><tbody>${busy.map(
    (one) =>
      html`<tr data-bucket="${one.start}"><th class="nowrap" scope="row">${instant(one.start)}</th>${[
        one.success,
        one.failed,
        one.cancelled,
        one.bars,
        one.requests,
        one.requestsPerMinute,
      ].map((value) => html`<td class="number">${count(value)}</td>`)}</tr>`,
  )}</tbody></table></div></details>`;
}
