/** Writes any text safely into HTML, in elements and in quoted attributes. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** The look of a report: system fonts, enough contrast by day, by night and on paper. */
export const reportStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #fff; --tint: #f6f8fa; --good: #1a7f37; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4af; --line: #3a424c; --paper: #12161b; --tint: #1c2229; --good: #4ac26b; --bad: #ff7b72; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto; padding: 2rem 1.5rem; max-width: 82rem; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
h1, h3 { overflow-wrap: anywhere; }
header p { color: var(--soft); margin: .3rem 0 0; }
.name { display: inline-block; width: max-content; max-width: 14rem; overflow-wrap: anywhere; }
code { font: .85em ui-monospace, monospace; } td code { font-size: .8em; } code.digest { overflow-wrap: anywhere; } code.id { white-space: nowrap; }
.totals { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1.5rem; }
.totals div { flex: 1 1 9rem; border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; background: var(--tint); }
.totals b { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums; } .totals span { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .55rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; } .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.state { font-weight: 600; white-space: nowrap; } .moved, .ready, .committed { color: var(--good); } .failed { color: var(--bad); }
.legend span { margin-right: 1rem; white-space: nowrap; } .legend i { display: inline-block; width: .8em; height: .8em; border-radius: .15em; margin-right: .35em; }
svg.phases { width: 100%; height: 1.4rem; display: block; background: var(--tint); } svg .down { fill: var(--bad); } svg text { font: 600 13px system-ui, sans-serif; }
.timeline td:first-child, .timeline th:first-child { width: 12rem; } .timeline table { table-layout: fixed; } .timeline td { padding: .2rem .4rem; } .timeline .name { max-width: 11rem; }
.axis { display: flex; justify-content: space-between; margin-left: 12rem; padding: 0 .4rem; color: var(--soft); font-size: .8rem; font-variant-numeric: tabular-nums; }
#controls { position: sticky; top: 0; background: var(--paper); padding: .6rem 0; margin: 1.2rem 0 0; color: var(--soft); z-index: 1; } #controls[hidden], tr[hidden] { display: none; }
#controls input, #controls select { font: inherit; color: var(--ink); background: var(--tint); border: 1px solid var(--line); border-radius: .3rem; padding: .25rem .5rem; } #controls input { width: 18rem; }
.sortable { cursor: pointer; } th[aria-sort=ascending]::after { content: " ↑"; } th[aria-sort=descending]::after { content: " ↓"; } .group td { color: var(--soft); background: var(--tint); font-weight: 600; }
details { margin: .3rem 0 0; } summary { color: var(--soft); cursor: pointer; }
.changes li, .says { overflow-wrap: anywhere; }
.problems { border-left: .25rem solid var(--bad); padding-left: 1rem; } .problems li { margin-bottom: .6rem; }
footer { color: var(--soft); margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .8rem; }
@media print { body { max-width: none; padding: 0; } details, #controls { display: none; } }
`;
