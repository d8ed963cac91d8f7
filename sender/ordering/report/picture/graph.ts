import { showBytes } from '../../../../shared/print/units.ts';
import type { Analysis } from '../../analysis/analysis.ts';
import type { Service } from '../../services/service.ts';
import { namesOf } from '../../traffic/named-server.ts';
import { curveBetween } from './curve.ts';
import { type Drawing, element, hint, textAt } from './drawing.ts';
import { type Box, layoutOf } from './layout.ts';
import type { ServerPlace } from './place.ts';
import { serverPill } from './server-pill.ts';
import type { Steps } from './steps.ts';

/** Most lines that are drawn, the heaviest: more would cover everything. */
const mostLines = 1_500;

/** Widths of lines. In a service with many lines they are thinner. */
const thinnest = 0.8;
const thickest = 6;

/**
 * Draws services as boxes and traffic as lines, as wide as the root of its bytes. Each server has
 * the colour and number of its step.
 */
export function graphOf(analysis: Analysis, steps: Steps): Drawing & { readonly left: number; readonly scale: Scale } {
  const { services, talks, waves } = analysis;
  const nameOf = namesOf(analysis.servers);
  const waveOf = new Map(waves.flatMap(({ servers }, index) => servers.map((id) => [id, index + 1] as const)));
  const byBytes = [...talks].sort((a, b) => b.bytes - a.bytes);
  const drawn = byBytes.slice(0, mostLines);
  const says = (service: Pick<Service, 'name' | 'parts'>): string => boxText(service, analysis, waveOf);
  const { boxes, places, width, height } = layoutOf({ services, says, nameOf, inner: talks });
  const placeOf = new Map(places.map((place) => [place.server, place]));
  const scale = scaleOf(drawn, placeOf);
  // The heaviest last, so that it is on top.
  const lines = drawn.toReversed().map(({ a, b, bytes }) => {
    const from = placeOf.get(a);
    const to = placeOf.get(b);
    if (from === undefined || to === undefined) return '';
    const isSplit = steps.by === 'wave' && waveOf.get(a) !== waveOf.get(b);
    const split = isSplit ? `, in waves ${waveOf.get(a)} and ${waveOf.get(b)}` : '';
    const says = `${nameOf(a)} asks ${nameOf(b)}: ${showBytes(bytes)}${split}`;
    const line = { class: isSplit ? 'apart' : 'talk', d: curveBetween(from, to), 'stroke-width': widthOf(bytes, scale) };
    return element('path', line, hint(says));
  });
  const exposed = new Set(services.flatMap(({ parts }) => parts.filter((part) => part.exposed).map(({ server }) => server)));
  const pills = places.map((place) => serverPill(place, nameOf(place.server), steps, exposed.has(place.server)));
  return {
    width,
    height,
    left: byBytes.length - drawn.length,
    scale,
    body: [...boxes.map(frame), ...lines, ...pills].join('\n'),
  };
}

/** What a service's box says: its servers, its waves, and what its servers exchange. */
function boxText(
  { name, parts }: Pick<Service, 'name' | 'parts'>,
  { services, waves }: Analysis,
  waveOf: ReadonlyMap<string, number>,
): string {
  const own = parts.map(({ server }) => waveOf.get(server) ?? 0);
  const first = Math.min(...own);
  const last = Math.max(...own);
  const inner = services.find((service) => service.name === name)?.innerBytes ?? 0;
  const wave = waves.length === 1 ? '' : ` · wave ${first === last ? first : `${first}–${last}`}`;
  return `${parts.length} servers${wave} · ${showBytes(inner)}`;
}

/** The width of the heaviest line. */
export interface Scale {
  readonly bytes: number;
  readonly width: number;
}

function scaleOf(talks: Analysis['talks'], placeOf: ReadonlyMap<string, ServerPlace>): Scale {
  const inBox = new Map<number, number>();
  for (const { a, b } of talks) {
    const box = placeOf.get(a)?.box;
    if (box !== undefined && box === placeOf.get(b)?.box) inBox.set(box, (inBox.get(box) ?? 0) + 1);
  }
  const most = Math.max(1, ...inBox.values());
  return { bytes: talks[0]?.bytes ?? 0, width: Math.max(1.5, Math.min(thickest, 30 / Math.sqrt(most))) };
}

/** The width of a line of so many bytes. */
export function widthOf(bytes: number, scale: Scale): number {
  return scale.bytes > 0 ? thinnest + (scale.width - thinnest) * Math.sqrt(bytes / scale.bytes) : thinnest;
}

function frame({ title, says, x, y, width, height }: Box): string {
  return [
    element('rect', { class: 'box', x, y, width, height, rx: 10 }),
    textAt(x + 14, y + 23, title, 'name'),
    textAt(x + 14, y + 39, says, 'soft small'),
  ].join('');
}
