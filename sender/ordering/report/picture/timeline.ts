import { showDuration } from '../../../../shared/print/units.ts';
import type { Analysis } from '../../analysis/analysis.ts';
import { namesOf } from '../../traffic/named-server.ts';
import { type Drawing, hint, label, px, textAt } from './drawing.ts';
import type { Steps } from './steps.ts';

const labelWidth = 180;
const chartWidth = 760;
const totalWidth = 1_080;
const serviceHeight = 24;
const serverHeight = 16;
const serviceGap = 8;
const axisHeight = 24;

/** Steps of the time axis, in milliseconds. */
const ticks = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
].map((seconds) => 1000 * seconds);

/** A bar for each service, from its first server down until all are up, and one for each server. */
export function timelineOf(analysis: Analysis, steps: Steps): Drawing {
  const { services, prediction } = analysis;
  const nameOf = namesOf(analysis.servers);
  const timelines = new Map(prediction.servers.map((one) => [one.id, one]));
  const lengthMs = Math.max(1, ...prediction.servers.map(({ upAtMs }) => upAtMs));
  const at = (ms: number): number => labelWidth + (chartWidth * ms) / lengthMs;
  const rows: string[] = [];
  let y = axisHeight;
  for (const { name, servers } of services) {
    const own = servers.flatMap((id) => timelines.get(id) ?? []).sort((a, b) => a.downAtMs - b.downAtMs || a.upAtMs - b.upAtMs);
    const from = Math.min(...own.map(({ downAtMs }) => downAtMs));
    const until = Math.max(...own.map(({ upAtMs }) => upAtMs));
    const down = showDuration(until - from);
    if (servers.length > 1) {
      rows.push(
        `<g>${hint(`${name}: split or down for ${down}, from ${showDuration(from)} to ${showDuration(until)}`)}${textAt(0, y + 16, label(name, 22), 'name')}<rect class="split" x="${px(at(from))}" y="${px(y + 4)}" width="${px(at(until) - at(from))}" height="${serviceHeight - 8}" rx="3"/>${textAt(labelWidth + chartWidth + 10, y + 16, down, 'small')}</g>`,
      );
      y += serviceHeight;
    }
    for (const { id, downAtMs, upAtMs } of own) {
      const alone = servers.length === 1;
      const server = nameOf(id);
      const says = `${server}: down for ${showDuration(upAtMs - downAtMs)}, from ${showDuration(downAtMs)} to ${showDuration(upAtMs)}`;
      const time = alone ? textAt(labelWidth + chartWidth + 10, y + 12, down, 'small') : '';
      rows.push(
        `<g>${hint(says)}${textAt(alone ? 0 : 12, y + 12, label(server, 22), alone ? 'name' : 'soft small')}<rect x="${px(at(downAtMs))}" y="${px(y + 3)}" width="${px(Math.max(2.5, at(upAtMs) - at(downAtMs)))}" height="${serverHeight - 6}" rx="2" fill="${steps.colour(id)}"/>${time}</g>`,
      );
      y += serverHeight;
    }
    y += serviceGap;
  }
  const step = ticks.find((tick) => lengthMs / tick <= 8) ?? 604_800_000;
  const grid = Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_, index) => {
    const x = at(index * step);
    return `<path class="grid" d="M${px(x)} ${axisHeight - 6}V${px(y)}"/>${textAt(x, 12, tickText(index * step), 'soft small', 'middle')}`;
  });
  return { width: totalWidth, height: y, body: [...grid, ...rows].join('\n') };
}

function tickText(ms: number): string {
  return ms === 0
    ? '0'
    : showDuration(ms)
        .replace(/ 00 (s|min)$/, '')
        .replace('.0 s', ' s')
        .replace(/ 0 h$/, '');
}
