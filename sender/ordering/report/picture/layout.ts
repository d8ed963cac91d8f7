import type { Service } from '../../services/service.ts';
import { grid, ring, tierColumns } from './arrange.ts';
import { label, textWide } from './drawing.ts';
import { type PlaceInBox, pillHeight, type ServerPlace } from './place.ts';

/** The box of a service. */
export interface Box {
  readonly title: string;
  readonly says: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Space around the servers of a box, and for its title. */
const padding = 14;
const headHeight = 40;
const boxGap = 28;

/** Input to the layout: services in their order, and who talks with whom. */
export interface Scene {
  readonly services: readonly Pick<Service, 'name' | 'parts'>[];
  readonly says: (service: Pick<Service, 'name' | 'parts'>) => string;
  readonly nameOf: (server: string) => string;
  readonly inner: readonly { readonly a: string; readonly b: string }[];
}

interface ServiceSketch {
  readonly title: string;
  readonly says: string;
  readonly width: number;
  readonly height: number;
  readonly places: readonly PlaceInBox[];
}

/**
 * Places every server. Each service is a box with its tiers from left to right; boxes follow each
 * other like words on a page, in the order of the move.
 */
export function layoutOf(scene: Scene): { boxes: Box[]; places: ServerPlace[]; width: number; height: number } {
  const large = scene.services.filter(({ parts }) => parts.length > 1);
  const single = scene.services.filter(({ parts }) => parts.length === 1);
  const alone = single.length > 0 ? [singlesSketch(single, scene.nameOf)] : [];
  const together = large.map((service) => sketchOf(service, scene));
  const sketches = scene.services[0]?.parts.length === 1 ? [...alone, ...together] : [...together, ...alone];
  const area = sketches.reduce((sum, { width, height }) => sum + (width + boxGap) * (height + boxGap), 0);
  const widest = Math.max(0, ...sketches.map(({ width }) => width));
  const room = Math.max(widest, Math.min(1500, Math.max(1080, Math.sqrt(area * 1.7))));
  const boxes: Box[] = [];
  const places: ServerPlace[] = [];
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  let width = 0;
  for (const [index, sketch] of sketches.entries()) {
    if (x > 0 && x + sketch.width > room) {
      x = 0;
      y += rowHeight + boxGap;
      rowHeight = 0;
    }
    boxes.push({ title: sketch.title, says: sketch.says, x, y, width: sketch.width, height: sketch.height });
    for (const place of sketch.places) places.push({ ...place, x: place.x + x, y: place.y + y, box: index });
    x += sketch.width + boxGap;
    width = Math.max(width, x - boxGap);
    rowHeight = Math.max(rowHeight, sketch.height);
  }
  return { boxes, places, width, height: y + rowHeight };
}

function sketchOf({ name, parts }: Pick<Service, 'name' | 'parts'>, { says, nameOf, inner }: Scene): ServiceSketch {
  const tier = new Map(parts.map((part) => [part.server, part.tier]));
  const own = inner.filter(({ a, b }) => tier.has(a) && tier.has(b));
  const insideTiers = own.filter(({ a, b }) => tier.get(a) === tier.get(b)).length;
  const isRing = parts.length > 3 && insideTiers > 0.3 * own.length;
  const servers = parts.map(({ server }) => server);
  return framed(label(name, 30), says({ name, parts }), isRing ? ring(servers, nameOf) : tierColumns(parts, nameOf));
}

/** All single servers in one box. */
function singlesSketch(services: Scene['services'], nameOf: Scene['nameOf']): ServiceSketch {
  const servers = services.flatMap(({ parts }) => parts.map(({ server }) => server));
  const title = servers.length === 1 ? 'on its own' : 'on their own';
  return framed(title, servers.length === 1 ? '1 server' : `${servers.length} servers`, grid(servers, nameOf));
}

/** A frame around servers, wide enough for its title. */
function framed(title: string, says: string, places: ServiceSketch['places']): ServiceSketch {
  const right = Math.max(...places.map(({ x, width }) => x + width));
  const bottom = Math.max(...places.map(({ y }) => y + pillHeight));
  const width = Math.max(right, textWide(title, 13), textWide(says, 11)) + 2 * padding;
  return {
    title,
    says,
    width,
    height: bottom + headHeight + 2 * padding,
    places: places.map((place) => ({ ...place, x: place.x + padding, y: place.y + headHeight + padding })),
  };
}
