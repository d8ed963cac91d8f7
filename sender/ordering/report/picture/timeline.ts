import { showDuration } from '../../../../shared/print/units.ts';
import type { Analysis } from '../../analysis/analysis.ts';
import type { ServerTimeline } from '../../prediction/simulate-campaign.ts';
import { namesOf } from '../../traffic/named-server.ts';
import { type Drawing, element, hint, label, px, textAt } from './drawing.ts';
import type { Steps } from './steps.ts';

const labelWidth = 180;
const chartWidth = 760;
const totalWidth = 1_080;
const serviceHeight = 24;
const serverHeight = 16;
const serviceGap = 8;
const axisHeight = 24;
const labelColumns = 22;
/** A shorter downtime is drawn as wide as this. */
const thinnestBar = 2.5;

const longestTick = 604_800_000;

/** Steps of the time axis, in milliseconds. */
const ticks = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
].map((seconds) => 1000 * seconds);

/** A bar for each service, from its first server down until all are up, and one for each server. */
export function timelineOf(analysis: Analysis, steps: Steps): Drawing {
  const { services, prediction, servers } = analysis;
  const nameOf = namesOf(servers);
  const timelines = new Map(prediction.servers.map((one) => [one.id, one]));
  const lengthMs = Math.max(1, ...prediction.servers.map(({ upAtMs }) => upAtMs));
  const at = (ms: number): number => labelWidth + (chartWidth * ms) / lengthMs;
  const rows: string[] = [];
  let y = axisHeight;
  for (const { name, servers: members } of services) {
    const own = members.flatMap((id) => timelines.get(id) ?? []).sort((a, b) => a.downAtMs - b.downAtMs || a.upAtMs - b.upAtMs);
    const isSingle = members.length === 1;
    if (!isSingle) {
      rows.push(serviceRow(name, own, y, at));
      y += serviceHeight;
    }
    for (const server of own) {
      rows.push(serverRow(nameOf(server.id), server, y, at, steps.colour(server.id), isSingle));
      y += serverHeight;
    }
    y += serviceGap;
  }
  return { width: totalWidth, height: y, body: [...gridLines(lengthMs, y, at), ...rows].join('\n') };
}

function serviceRow(name: string, servers: readonly ServerTimeline[], y: number, at: (ms: number) => number): string {
  const from = Math.min(...servers.map(({ downAtMs }) => downAtMs));
  const until = Math.max(...servers.map(({ upAtMs }) => upAtMs));
  const down = showDuration(until - from);
  const says = `${name}: split or down for ${down}, from ${showDuration(from)} to ${showDuration(until)}`;
  const bar = { x: at(from), y: y + 4, width: at(until) - at(from), height: serviceHeight - 8, rx: 3 };
  return element(
    'g',
    {},
    hint(says),
    textAt(0, y + 16, label(name, labelColumns), 'name'),
    element('rect', { class: 'split', ...bar }),
    textAt(labelWidth + chartWidth + 10, y + 16, down, 'small'),
  );
}

function serverRow(
  name: string,
  { downAtMs, upAtMs }: ServerTimeline,
  y: number,
  at: (ms: number) => number,
  fill: string,
  isSingle: boolean,
): string {
  const down = showDuration(upAtMs - downAtMs);
  const says = `${name}: down for ${down}, from ${showDuration(downAtMs)} to ${showDuration(upAtMs)}`;
  const width = Math.max(thinnestBar, at(upAtMs) - at(downAtMs));
  return element(
    'g',
    {},
    hint(says),
    textAt(isSingle ? 0 : 12, y + 12, label(name, labelColumns), isSingle ? 'name' : 'soft small'),
    element('rect', { x: at(downAtMs), y: y + 3, width, height: serverHeight - 6, rx: 2, fill }),
    isSingle ? textAt(labelWidth + chartWidth + 10, y + 12, down, 'small') : '',
  );
}

/** Vertical lines at whole steps of time, at most eight, with their times. */
function gridLines(lengthMs: number, height: number, at: (ms: number) => number): string[] {
  const step = ticks.find((tick) => lengthMs / tick <= 8) ?? longestTick;
  return Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_, index) => {
    const x = at(index * step);
    const line = element('path', { class: 'grid', d: `M${px(x)} ${axisHeight - 6}V${px(height)}` });
    return `${line}${textAt(x, 12, tickText(index * step), 'soft small', 'middle')}`;
  });
}

function tickText(ms: number): string {
  return ms === 0
    ? '0'
    : showDuration(ms)
        .replace(/ 00 (s|min)$/, '')
        .replace('.0 s', ' s')
        .replace(/ 0 h$/, '');
}
