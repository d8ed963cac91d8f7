import { showBytes } from '../../../../shared/print/units.ts';
import type { Analysis } from '../../analysis/analysis.ts';
import { namesOf } from '../../traffic/named-server.ts';
import { type Drawing, hint, px, textAt } from './drawing.ts';
import { type Box, badgeWidth, layoutOf, type Place, pillHeight } from './layout.ts';
import type { Steps } from './steps.ts';

/** Most lines that are drawn, the heaviest: more would cover everything. */
const mostEdges = 1_500;

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
  const byBytes = [...talks].sort((a, b) => b.bytes - a.bytes);
  const drawn = byBytes.slice(0, mostEdges);
  const says = ({ name, parts }: { readonly name: string; readonly parts: readonly { readonly server: string }[] }): string => {
    const own = [...new Set(parts.map(({ server }) => waveOf.get(server) ?? 0))].sort((a, b) => a - b);
    const inner = services.find((service) => service.name === name)?.innerBytes ?? 0;
    const moves = waves.length === 1 ? '' : ` · wave ${own[0] === own.at(-1) ? own[0] : `${own[0]}–${own.at(-1)}`}`;
    return `${parts.length} servers${moves} · ${showBytes(inner)}`;
  };
  const waveOf = new Map(waves.flatMap(({ servers }, index) => servers.map((id) => [id, index + 1] as const)));
  const { boxes, places, width, height } = layoutOf({ services, says, nameOf, inner: talks });
  const placeOf = new Map(places.map((place) => [place.server, place]));
  const scale = scaleOf(drawn, placeOf);
  const lines = drawn.toReversed().map(({ a, b, bytes }) => {
    const from = placeOf.get(a);
    const to = placeOf.get(b);
    if (from === undefined || to === undefined) return '';
    const apart = steps.by === 'wave' && waveOf.get(a) !== waveOf.get(b);
    const more = apart ? `, in waves ${waveOf.get(a)} and ${waveOf.get(b)}` : '';
    return `<path class="${apart ? 'apart' : 'talk'}" d="${between(from, to)}" stroke-width="${px(widthOf(bytes, scale))}">${hint(`${nameOf(a)} asks ${nameOf(b)}: ${showBytes(bytes)}${more}`)}</path>`;
  });
  const exposed = new Set(services.flatMap(({ parts }) => parts.filter((part) => part.exposed).map(({ server }) => server)));
  const pills = places.map((place) => pill(place, steps, nameOf, exposed.has(place.server)));
  return {
    width,
    height,
    left: byBytes.length - drawn.length,
    scale,
    body: [...boxes.map(frame), ...lines, ...pills].join('\n'),
  };
}

/** The width of the heaviest line. */
export interface Scale {
  readonly bytes: number;
  readonly width: number;
}

function scaleOf(talks: Analysis['talks'], placeOf: ReadonlyMap<string, Place>): Scale {
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
  return `<rect class="box" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="10"/>${textAt(x + 14, y + 23, title, 'name')}${textAt(x + 14, y + 39, says, 'soft small')}`;
}

function pill({ server, text, x, y, width }: Place, steps: Steps, nameOf: (id: string) => string, exposed: boolean): string {
  const colour = steps.colour(server);
  const number = steps.of(server) + 1;
  const says = `${nameOf(server)}: ${steps.by === 'wave' ? 'wave' : 'place'} ${number}${exposed ? ', asked from outside' : ''}`;
  const world = exposed
    ? `<path class="world" d="M${px(x - 12)} ${px(y + pillHeight / 2)}h7" stroke-width="1.5"/><path class="arrow" d="M${px(x - 6)} ${px(y + pillHeight / 2 - 4)}l6 4-6 4z"/>`
    : '';
  return `<g>${hint(says)}${world}<rect class="pill" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${pillHeight}" rx="6" stroke="${colour}" stroke-width="1.5"/><path fill="${colour}" d="M${px(x + badgeWidth)} ${px(y)}v${pillHeight}h-${badgeWidth - 6}a6 6 0 0 1-6-6v-${pillHeight - 12}a6 6 0 0 1 6-6z"/>${textAt(x + badgeWidth / 2, y + 15, String(number), 'badge', 'middle')}${textAt(x + badgeWidth + 5, y + 15, text)}</g>`;
}

/**
 * The curve between two servers: between facing sides, or beside them where one is above the other.
 */
function between(from: Place, to: Place): string {
  const y1 = from.y + pillHeight / 2;
  const y2 = to.y + pillHeight / 2;
  const ringed = from.box === to.box && from.side !== null && to.side !== null;
  const edge = (place: Place, right: boolean): number => (right ? place.x + place.width : place.x);
  if (ringed && from.side === to.side) {
    const right = from.side === 'left';
    const x1 = edge(from, right);
    const x2 = edge(to, right);
    const reach = (right ? 1 : -1) * (30 + Math.abs(y2 - y1) / 2);
    return `M${px(x1)} ${px(y1)}C${px(x1 + reach)} ${px(y1)} ${px(x2 + reach)} ${px(y2)} ${px(x2)} ${px(y2)}`;
  }
  const apart = to.x - (from.x + from.width);
  const back = from.x - (to.x + to.width);
  if (apart >= 0 || back >= 0) {
    const x1 = edge(from, apart >= 0);
    const x2 = edge(to, apart < 0);
    const bend = (x2 - x1) / 2;
    return `M${px(x1)} ${px(y1)}C${px(x1 + bend)} ${px(y1)} ${px(x2 - bend)} ${px(y2)} ${px(x2)} ${px(y2)}`;
  }
  if (from.box !== to.box) {
    const [upper, lower] = from.y < to.y ? [from, to] : [to, from];
    const x1 = upper.x + upper.width / 2;
    const x2 = lower.x + lower.width / 2;
    const top = upper.y + pillHeight;
    const end = lower.y;
    return `M${px(x1)} ${px(top)}C${px(x1)} ${px((top + end) / 2)} ${px(x2)} ${px((top + end) / 2)} ${px(x2)} ${px(end)}`;
  }
  const x1 = edge(from, false);
  const x2 = edge(to, false);
  const reach = Math.min(60, 16 + Math.abs(y2 - y1) / 4);
  return `M${px(x1)} ${px(y1)}C${px(x1 - reach)} ${px(y1)} ${px(x2 - reach)} ${px(y2)} ${px(x2)} ${px(y2)}`;
}
