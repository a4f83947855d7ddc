import { coverageMaps } from "../../reporting/coverage-map.ts";
import { EXIT } from "../exit-code.ts";
import { type Command, lookAt } from "../invocation.ts";
import { numberIn } from "../numbers.ts";
import { missingLines } from "../report-text.ts";
import { heatMapKey, heatMapLines } from "../text/heat-map.ts";

/** Room for the symbol and the share beside the map. */
const BESIDE = 18;

export const gaps: Command = async (invocation) => {
  const { terminal, flags } = invocation;
  const rows = numberIn(flags, "rows", { least: 0 }) ?? 40;
  const { report, refused } = await lookAt(invocation);
  const { complete, gaps, withheld, quarantined } = report;
  if (terminal.json) terminal.answer({ complete, gaps, withheld, quarantined });
  else {
    const options = { colour: terminal.colour, rows };
    const columns = Math.min(120, Math.max(20, terminal.columns - BESIDE));
    for (const map of coverageMaps(report, columns)) {
      for (const line of heatMapLines(map, options)) terminal.print(line);
      terminal.print();
    }
    terminal.print(heatMapKey(options));
    terminal.print();
    for (const line of missingLines(report)) terminal.print(line);
    terminal.print(`complete: ${complete ? "yes" : "no"}`);
  }
  return complete && refused === 0 ? EXIT.complete : EXIT.incomplete;
};
