/** Colours differ in lightness as well as in hue, so that they can be told apart without it. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #fbfaf8; --card: #ffffff; --ink: #1d2430; --soft: #5c6675; --line: #e2e0da; --accent: #1f6f8b;
  --covered: #4a93a8; --withheld: #a9b8d6; --partly: #f0b43c; --gap: #d8480f; --quarantined: #7d3c98; --none: #efede8;
  --success: #4a93a8; --failed: #d8480f; --cancelled: #a3a9b3; --allowance: #1d2430;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --card: #1a2028; --ink: #e8eaee; --soft: #9aa5b5; --line: #2c343f; --accent: #7cc4da;
    --covered: #3f8497; --withheld: #5d6f93; --partly: #e0a63a; --gap: #f06a35; --quarantined: #b07fd0; --none: #232a33;
    --success: #3f8497; --failed: #f06a35; --cancelled: #6b7482; --allowance: #e8eaee;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 4rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1 { font-size: 1.5rem; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 0.25rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0.25rem 0 0.75rem; max-width: 88ch; }
.soft { color: var(--soft); font-size: 0.87rem; }
.top { display: flex; flex-wrap: wrap; gap: 0.4rem 1rem; align-items: baseline; }
.badge { border-radius: 99px; padding: 0.1rem 0.75rem; font-weight: 600; font-size: 0.87rem; color: #fff; background: #2b6f83; }
.badge.no { background: #b83a08; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; margin: 1.25rem 0 0; }
.cards > div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.7rem 0.9rem; }
.cards dt { color: var(--soft); font-size: 0.8rem; }
.cards dd { margin: 0; font-size: 1.35rem; font-weight: 600; line-height: 1.3; }
.cards dd small { display: block; font-size: 0.78rem; font-weight: 400; color: var(--soft); line-height: 1.35; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.9rem 1rem; margin: 0.75rem 0 0; }
.panel > header { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: baseline; margin-bottom: 0.5rem; }
.key { display: flex; flex-wrap: wrap; gap: 0.3rem 1.1rem; padding: 0; margin: 0.5rem 0; list-style: none; font-size: 0.87rem; }
.key i { display: inline-block; width: 0.85rem; height: 0.85rem; border-radius: 2px; margin-right: 0.4rem; vertical-align: -0.1rem; }
.chart { display: block; width: 100%; height: 9rem; overflow: visible; }
.strip { display: block; width: 100%; height: 2.6rem; border-radius: 3px; }
.axis { display: flex; justify-content: space-between; color: var(--soft); font-size: 0.78rem; margin-top: 0.2rem; }
.axis.y { margin: 0 0 0.2rem; }
.scroll { overflow: auto; max-height: 27rem; border-top: 1px solid var(--line); margin-top: 0.6rem; }
.panel > .scroll:first-child { border-top: 0; margin-top: 0; }
th .soft { font-weight: 400; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 0.87rem; }
th, td { text-align: left; padding: 0.28rem 0.6rem 0.28rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; font-size: 0.8rem; position: sticky; top: 0; background: var(--card); z-index: 1; }
.number { text-align: right; white-space: nowrap; }
.words { overflow-wrap: anywhere; min-width: 9rem; }
.nowrap { white-space: nowrap; }
.map { table-layout: fixed; font-size: 0.8rem; }
.map th, .map td { padding: 0 0.5rem 0 0; height: 1.25rem; line-height: 1.25rem; border-bottom: 0; vertical-align: middle; white-space: nowrap; }
.map tbody th { font-weight: 500; overflow: hidden; text-overflow: ellipsis; }
.map .symbol { width: 5.2rem; } .map .share { width: 4.2rem; } .map .what { width: 9rem; color: var(--soft); }
.map svg { display: block; width: 100%; height: 0.85rem; }
.map thead .axis { margin: 0; }
.none { fill: var(--none); background: var(--none); } .covered { fill: var(--covered); background: var(--covered); }
.withheld { fill: var(--withheld); background: var(--withheld); } .partly { fill: var(--partly); background: var(--partly); }
.gap { fill: var(--gap); background: var(--gap); } .quarantined { fill: var(--quarantined); background: var(--quarantined); }
.success { fill: var(--success); background: var(--success); } .failed { fill: var(--failed); background: var(--failed); }
.cancelled { fill: var(--cancelled); background: var(--cancelled); }
.allowance { stroke: var(--allowance); stroke-width: 1.5; stroke-dasharray: 5 4; }
.base { stroke: var(--line); stroke-width: 1; }
.key .line { height: 0; width: 1.2rem; border-top: 2px dashed var(--allowance); border-radius: 0; vertical-align: 0.25rem; }
.tools { display: flex; flex-wrap: wrap; gap: 0.4rem 1.25rem; align-items: center; font-size: 0.87rem; margin: 0.5rem 0 0; }
.tools[hidden] { display: none; }
input[type="search"] {
  font: inherit; padding: 0.25rem 0.6rem; border: 1px solid var(--line); border-radius: 6px; background: var(--card); color: inherit;
}
details { margin-top: 0.6rem; font-size: 0.87rem; } summary { cursor: pointer; color: var(--soft); }
a { color: var(--accent); }
@media (max-width: 40rem) {
  body { padding: 1rem 0.75rem 3rem; }
  .map .symbol { width: 4.2rem; } .map .what { display: none; } .map .share { width: 3.6rem; }
  .cards { grid-template-columns: repeat(2, 1fr); }
  .chart { height: 7rem; }
  td.nowrap { white-space: normal; }
}
@media print { .scroll { max-height: none; overflow: visible; } .tools { display: none; } }
`;
