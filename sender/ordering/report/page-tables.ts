import { showBytes, showDuration } from '../../../shared/print/units.ts';
import { number, table } from '../../report/page-parts.ts';
import { escaped as escapeHtml } from '../../report/style.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { quantileOf } from '../math/distribution.ts';
import { relativeTo, signedPercent } from '../math/figures.ts';
import type { OrderCost } from '../order/request.ts';
import { namesOf } from '../traffic/named-server.ts';
import { crossoverSentence, showRange } from './estimate-text.ts';
import { plain } from './picture/drawing.ts';

export function costTable({ proposed, given, alphabetical, random, bound, method }: Analysis['comparison']): string {
  const at = (part: number): OrderCost => quantileOf(random, part);
  const seconds = (value: number): string => number(showDuration(1000 * value));
  const row = (what: string, cost: OrderCost): string[] => [
    what,
    number(cost.cost.toFixed(0)),
    number(relativeTo(cost.cost, proposed.cost)),
    seconds(cost.serviceDowntimeSeconds),
    seconds(cost.splitSeconds),
    seconds(cost.lengthSeconds),
  ];
  const rows = [
    row(`<span class="best">proposed (${method})</span>`, proposed),
    row('as given', given),
    row('alphabetical', alphabetical),
    row('random, best of 1,000', at(0)),
    row('random, median', at(0.5)),
    row('random, worst', at(1)),
    ['lower bound', number(bound.toFixed(0)), number(relativeTo(bound, proposed.cost)), number('–'), number('–'), number('–')],
  ];
  return table(['Order', 'Cost', 'To proposed', 'Service downtime', 'Split', 'Length'], rows);
}

export function modeTables({ modes, asGiven, prediction, crossover }: Analysis): string {
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
  return [
    table(['Mode', 'Mean service downtime', 'Campaign'], rows),
    `<p>${crossoverSentence(crossover)}</p>`,
    table(['Equal servers', 'One after the other', 'All at once'], crossing),
  ].join('');
}

export function serviceTable({ services }: Analysis): string {
  const large = services.filter(({ servers }) => servers.length > 1);
  const single = services.length - large.length;
  const rows = large.map(({ name, says, by }) => [
    `<span dir="auto">${escaped(name)}</span>${by === 'operator' ? ' (yours)' : ''}`,
    says.map(escaped).join('<br>'),
  ]);
  const rest = single > 0 ? `<p>${single} more have a single server each.</p>` : '';
  return `${table(['Service', 'What was seen'], rows)}${rest}`;
}

export function serverTable({ prediction, servers, services }: Analysis): string {
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

export function pastTable({ past }: Analysis): string {
  const rows = past.map(({ campaign, servers, parallel, length, downtime }) => [
    `<code>${escaped(campaign)}</code>`,
    number(String(servers)),
    number(String(parallel)),
    number(showRange(length.predictedMs)),
    number(showDuration(length.measuredMs)),
    number(signedPercent(length.error)),
    number(showRange(downtime.predictedMs)),
    number(showDuration(downtime.measuredMs)),
  ]);
  return table(['Campaign', 'Servers', 'At once', 'Predicted', 'Measured', 'Off by', 'Each down', 'Measured'], rows);
}

export function placementTable(analysis: Analysis): string {
  const { placement, misplaced } = analysis;
  if (placement === null) return `<p>${escaped(misplaced?.message ?? '')}</p>`;
  const zones = [...new Set(placement.zones.map(({ availability_zone }) => availability_zone))];
  const rows = zones.map((zone) => {
    const own = placement.zones.filter(({ availability_zone }) => availability_zone === zone).map(({ server }) => server);
    return [`<code>${escaped(zone)}</code>`, serverNames(analysis, own)];
  });
  const crossing = `${showBytes(placement.crossBytes)} of ${showBytes(placement.totalBytes)} of traffic cross between hosts.`;
  return `${table(['availability_zone', 'Servers'], rows)}<p>${crossing}</p>`;
}

export function serverNames({ servers }: Analysis, ids: readonly string[]): string {
  const nameOf = namesOf(servers);
  return ids.map((id) => `<span dir="auto">${escaped(nameOf(id))}</span>`).join(', ');
}

/** Escapes foreign text; marks that change the direction of text are spelt out. */
export function escaped(text: string): string {
  return escapeHtml(plain(text));
}
