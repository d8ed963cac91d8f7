/**
 * Styles for light and dark mode, as plain classes, for some viewers support no variables.
 * A page's own rules do not apply to them.
 */
export const pictureStyle = `
.drawing text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1b1f24; }
.drawing .paper { fill: #ffffff; } .drawing .soft { fill: #57606a; } .drawing .small { font-size: 11px; } .drawing .title { font-size: 17px; font-weight: 600; } .drawing .name { font-weight: 600; font-size: 13px; }
.drawing .badge { font-size: 10px; font-weight: 700; fill: #ffffff; }
.drawing .box { fill: #f6f8fa; stroke: #d0d7de; } .drawing .pill { fill: #ffffff; } .drawing .grid { stroke: #d0d7de; fill: none; } .drawing .axis { stroke: #8c959f; fill: none; }
.drawing .talk { stroke: #64748b; stroke-opacity: .45; fill: none; } .drawing .apart { stroke: #c2410c; stroke-opacity: .55; fill: none; } .drawing .world { stroke: #57606a; fill: none; }
.drawing .split { fill: #64748b; fill-opacity: .22; stroke: #64748b; stroke-opacity: .6; } .drawing .bar { fill: #8c959f; } .drawing .arrow { fill: #57606a; }
@media (prefers-color-scheme: dark) {
.drawing text { fill: #e6edf3; } .drawing .paper { fill: #12161b; } .drawing .soft { fill: #9aa4af; } .drawing .badge { fill: #ffffff; } .drawing .box { fill: #1c2229; stroke: #3a424c; } .drawing .pill { fill: #12161b; }
.drawing .grid { stroke: #3a424c; } .drawing .axis { stroke: #6e7781; } .drawing .talk { stroke: #9fb0c4; } .drawing .apart { stroke: #ff9b6b; } .drawing .world { stroke: #9aa4af; } .drawing .arrow { fill: #9aa4af; }
.drawing .split { fill: #9fb0c4; stroke: #9fb0c4; } .drawing .bar { fill: #6e7781; }
}
@media print { .drawing text { fill: #000000; } .drawing .paper { fill: #ffffff; } }
`;
