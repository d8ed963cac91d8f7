import { showBytes, showDuration } from '../../../shared/print/units.ts';
import { figure, number, table } from '../../report/page-parts.ts';
import { reportStyle, escaped as safe } from '../../report/style.ts';
import { besideRandom } from '../analysis/comparison.ts';
import type { Analysis } from '../analyze.ts';
import { namesOf } from '../input/names.ts';
import type { Cost } from '../order/request.ts';
import { quantileOf } from './distribution.ts';
import { change, more } from './figures.ts';
import { spreadOf } from './picture/distribution-chart.ts';
import { plain, svgOf } from './picture/drawing.ts';
import { describe, graphElement, timelineElement, titleOf } from './picture/picture.ts';
import { crossoverSentence, showRange } from './text.ts';

/** An analysis as one HTML page that needs nothing else: no network, no scripts; legible on paper and in the dark. */
export function analysisPage(analysis: Analysis): string {
  const { servers, services, waves, prediction, comparison, notes, past, placement, misplaced } = analysis;
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
<h1>In which order it moves</h1>
<p>${escaped(titleOf(analysis))}. ${escaped(describe(analysis))}</p>
</header>
<section class="totals">
${figure(servers.length === 1 ? 'server' : 'servers', String(servers.length))}
${figure(services.length === 1 ? 'service' : 'services', String(services.length))}
${figure('services down, mean', showDuration(prediction.serviceDowntimeMs.value))}
${figure('less than in random order', `${(100 * besideRandom(comparison).spared).toFixed(0)} %`)}
${figure('campaign', showDuration(prediction.lengthMs.value))}
</section>
<section><h2>Who talks to whom</h2>
<div class="wide">${graphElement(analysis)}</div></section>
<section><h2>When what is down, as predicted</h2>
<div class="wide">${timelineElement(analysis)}</div></section>
<section><h2>To know</h2>
<ul>${notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul></section>
<section><h2>What it costs</h2>
<p>${analysis.weights.downtime} × service downtime + ${analysis.weights.split} × split + ${analysis.weights.length} × length: means over services and over bytes, in seconds, ${escaped(prediction.mode)}.</p>
${costTable(comparison)}
<div class="wide">${svgOf(spreadOf(analysis), 'The costs of 1,000 random orders', describe(analysis), 'spread')}</div></section>
<section><h2>Order and mode together</h2>
${modeTable(analysis)}</section>
<section><h2>Waves</h2>
${table(
  ['Wave', 'Servers, in their order'],
  waves.map((wave) => [escaped(wave.name), names(analysis, wave.servers)]),
)}</section>
<section><h2>Services</h2>
${serviceList(analysis)}</section>
<section><h2>Servers</h2>
<details><summary>${servers.length} servers</summary>${serverTable(analysis)}</details></section>
${past.length === 0 ? '' : `<section><h2>Earlier campaigns, predicted from those before them</h2>${pastTable(analysis)}</section>`}
${placement === null && misplaced === null ? '' : `<section><h2>Placement at the destination</h2>${placementTable(analysis)}</section>`}
<footer>Written by <code>sender analyze</code>, seed ${analysis.seed}. Ranges hold nine of ten campaigns; sizes are binary (1 KiB = 1024 B).</footer>
</body>
</html>
`;
}

/** Pictures keep their size: what is too wide is scrolled. */
const pageStyle = `
.wide svg { display: block; max-width: none; border-radius: .5rem; border: 1px solid var(--line); }
body { max-width: 84rem; } .best { font-weight: 600; } ul { padding-left: 1.2rem; }
`;

function costTable({ proposed, given, alphabetical, random, bound, method }: Analysis['comparison']): string {
  const at = (part: number): Cost => quantileOf(random, part);
  const seconds = (value: number): string => number(showDuration(1000 * value));
  const row = (what: string, cost: Cost): string[] => [
    what,
    number(cost.cost.toFixed(0)),
    number(more(cost.cost, proposed.cost)),
    seconds(cost.serviceDowntimeSeconds),
    seconds(cost.splitSeconds),
    seconds(cost.lengthSeconds),
  ];
  const rows = [
    row(`<span class="best">proposed (${method})</span>`, proposed),
    row('as given', given),
    row('alphabetical', alphabetical),
    row('best of 1,000 random orders', at(0)),
    row('median of them', at(0.5)),
    row('worst of them', at(1)),
    ['lower bound', number(bound.toFixed(0)), number(more(bound, proposed.cost)), number('–'), number('–'), number('–')],
  ];
  return table(['Order', 'Cost', 'To proposed', 'Service downtime', 'Split', 'Length'], rows);
}

function modeTable({ modes, asGiven, prediction, crossover }: Analysis): string {
  const rows = [asGiven, ...modes].map((mode) => [
    mode === prediction ? `<span class="best">→ ${escaped(mode.mode)}</span>` : escaped(mode.mode),
    number(showRange(mode.serviceDowntimeMs)),
    number(showRange(mode.lengthMs)),
  ]);
  const crossing = crossover.rows
    .filter(({ servers }) => [1, 2, 4, 8, 16, 32].includes(servers) || servers === crossover.at)
    .map(({ servers, sequentialMs, parallelMs }) => [
      number(`${servers}${servers === crossover.at ? ' ←' : ''}`),
      number(showDuration(sequentialMs)),
      number(showDuration(parallelMs)),
    ]);
  return `${table(['Mode', 'Services down, mean', 'Campaign'], rows)}<p>${crossoverSentence(crossover)}</p>${table(['Equal servers', 'One after the other', 'All at once'], crossing)}`;
}

function serviceList({ services }: Analysis): string {
  const large = services.filter(({ servers }) => servers.length > 1);
  const single = services.length - large.length;
  const rows = large.map(({ name, says, by }) => [
    `<span dir="auto">${escaped(name)}</span>${by === 'operator' ? ' (yours)' : ''}`,
    says.map(escaped).join('<br>'),
  ]);
  return `${table(['Service', 'What was seen'], rows)}${single > 0 ? `<p>${single} more are of a single server each.</p>` : ''}`;
}

function serverTable({ prediction, servers, services }: Analysis): string {
  const nameOf = namesOf(servers);
  const serviceOf = new Map(services.flatMap(({ name, servers: members }) => members.map((id) => [id, name] as const)));
  const rows = prediction.servers.map(({ id, downAtMs, upAtMs, downtimeMs }) => [
    `<span dir="auto">${escaped(nameOf(id))}</span>`,
    escaped(serviceOf.get(id) ?? ''),
    number(showDuration(downAtMs)),
    number(showDuration(upAtMs)),
    number(showRange(downtimeMs)),
  ]);
  return table(['Server', 'Service', 'Down at', 'Up at', 'Down for'], rows);
}

function pastTable({ past }: Analysis): string {
  const rows = past.map(({ campaign, servers, parallel, length, downtime }) => [
    `<code>${escaped(campaign)}</code>`,
    number(String(servers)),
    number(String(parallel)),
    number(showRange(length.predictedMs)),
    number(showDuration(length.measuredMs)),
    number(change(length.error)),
    number(showRange(downtime.predictedMs)),
    number(showDuration(downtime.measuredMs)),
  ]);
  return table(['Campaign', 'Servers', 'At once', 'Predicted', 'Measured', 'Off by', 'Each down', 'Measured'], rows);
}

function placementTable(analysis: Analysis): string {
  const { placement, misplaced } = analysis;
  if (placement === null) return `<p>${escaped(misplaced?.message ?? '')}</p>`;
  const zones = [...new Set(placement.zones.map(({ availability_zone }) => availability_zone))];
  const rows = zones.map((zone) => {
    const own = placement.zones.filter(({ availability_zone }) => availability_zone === zone).map(({ server }) => server);
    return [`<code>${escaped(zone)}</code>`, names(analysis, own)];
  });
  return `${table(['availability_zone', 'Servers'], rows)}<p>${showBytes(placement.crossBytes)} of ${showBytes(placement.totalBytes)} cross between hosts.</p>`;
}

function names({ servers }: Analysis, ids: readonly string[]): string {
  const nameOf = namesOf(servers);
  return ids.map((id) => `<span dir="auto">${escaped(nameOf(id))}</span>`).join(', ');
}

/** Foreign text in a page: what would turn its direction is spelt out, too. */
function escaped(text: string): string {
  return safe(plain(text));
}
