import { showDuration } from '../../../shared/print/units.ts';
import { figure, table } from '../../report/page-parts.ts';
import { reportStyle } from '../../report/style.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { comparedWithRandom } from '../analysis/comparison.ts';
import {
  costTable,
  escaped,
  modeTables,
  pastTable,
  placementTable,
  serverNames,
  serverTable,
  serviceTable,
} from './page-tables.ts';
import { distributionChart } from './picture/distribution-chart.ts';
import { svgOf } from './picture/drawing.ts';
import { graphElement, summarySentence, timelineElement, titleOf } from './picture/picture.ts';

/** Pictures keep their size: one that is too wide is scrolled. */
const pageStyle = `
.wide svg { display: block; max-width: none; border-radius: .5rem; border: 1px solid var(--line); }
body { max-width: 84rem; } .best { font-weight: 600; } ul { padding-left: 1.2rem; }
`;

/** The analysis as one HTML page without scripts or requests, legible on paper and in dark mode. */
export function analysisPage(analysis: Analysis): string {
  const { servers, past, placement, misplaced } = analysis;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(titleOf(analysis))}</title>
<style>${reportStyle}${pageStyle}</style>
</head>
<body>
<header>
<h1>Migration order</h1>
<p>${escaped(titleOf(analysis))}. ${escaped(summarySentence(analysis))}</p>
</header>
<section class="totals">
${figures(analysis).join('\n')}
</section>
${section('Who talks to whom', wide(graphElement(analysis)))}
${section('Predicted downtime', wide(timelineElement(analysis)))}
${section('Notes', `<ul>${analysis.notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul>`)}
${section('Cost', cost(analysis))}
${section('Order and mode', modeTables(analysis))}
${section('Waves', waveTable(analysis))}
${section('Services', serviceTable(analysis))}
${section('Servers', `<details><summary>${servers.length} servers</summary>${serverTable(analysis)}</details>`)}
${past.length === 0 ? '' : section('Earlier campaigns, each predicted from those before it', pastTable(analysis))}
${placement === null && misplaced === null ? '' : section('Placement at the destination', placementTable(analysis))}
<footer>${footer(analysis)}</footer>
</body>
</html>
`;
}

function section(title: string, content: string): string {
  return `<section><h2>${title}</h2>\n${content}</section>`;
}

function wide(drawing: string): string {
  return `<div class="wide">${drawing}</div>`;
}

function figures({ servers, services, prediction, comparison }: Analysis): string[] {
  return [
    figure(servers.length === 1 ? 'server' : 'servers', String(servers.length)),
    figure(services.length === 1 ? 'service' : 'services', String(services.length)),
    figure('mean service downtime', showDuration(prediction.serviceDowntimeMs.value)),
    figure('less than in random order', `${(100 * comparedWithRandom(comparison).spared).toFixed(0)} %`),
    figure('campaign', showDuration(prediction.lengthMs.value)),
  ];
}

function cost(analysis: Analysis): string {
  const { weights, prediction, comparison } = analysis;
  const formula = `${weights.downtime} × service downtime + ${weights.split} × split + ${weights.length} × length`;
  const chart = svgOf(distributionChart(analysis), 'The costs of 1,000 random orders', summarySentence(analysis), 'spread');
  return [
    `<p>${formula}, in seconds. Downtime is the mean over services, split the mean over bytes; ${escaped(prediction.mode)}.</p>`,
    costTable(comparison),
    wide(chart),
  ].join('\n');
}

function waveTable(analysis: Analysis): string {
  const rows = analysis.waves.map((wave) => [escaped(wave.name), serverNames(analysis, wave.servers)]);
  return table(['Wave', 'Servers, in their order'], rows);
}

function footer({ seed }: Analysis): string {
  return `Written by <code>sender analyze</code>, seed ${seed}. Nine of ten campaigns lie in the ranges. Sizes are binary (1 KiB = 1024 B).`;
}
