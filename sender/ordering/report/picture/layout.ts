import type { Service } from '../../services/service.ts';
import { label, textWide } from './drawing.ts';

/** The position of a server; in a ring, also its side. */
export interface Place {
  readonly server: string;
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** In a ring, lines leave towards the middle. */
  readonly side: 'left' | 'right' | null;
  readonly box: number;
}

/** The box of a service. */
export interface Box {
  readonly title: string;
  readonly says: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Height of a server, distance to the next, and space between columns. */
export const pillHeight = 22;
const pitch = 28;
const columnGap = 72;
const padding = 14;
const headHeight = 40;
const boxGap = 28;

/** Width of the number before a name. */
export const badgeWidth = 26;
const mostColumns = 18;
const mostRows = 28;

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
  readonly places: readonly Omit<Place, 'box'>[];
}

/**
 * Places every server. Each service is a box with its tiers from left to right; boxes follow each
 * other like words on a page, in the order of the move.
 */
export function layoutOf(scene: Scene): { boxes: Box[]; places: Place[]; width: number; height: number } {
  const large = scene.services.filter(({ parts }) => parts.length > 1);
  const single = scene.services.filter(({ parts }) => parts.length === 1);
  const alone = single.length > 0 ? [grid(single, scene)] : [];
  const together = large.map((service) => sketchOf(service, scene));
  const sketches = scene.services[0]?.parts.length === 1 ? [...alone, ...together] : [...together, ...alone];
  const area = sketches.reduce((sum, { width, height }) => sum + (width + boxGap) * (height + boxGap), 0);
  const widest = Math.max(0, ...sketches.map(({ width }) => width));
  const room = Math.max(widest, Math.min(1500, Math.max(1080, Math.sqrt(area * 1.7))));
  const boxes: Box[] = [];
  const places: Place[] = [];
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

function sketchOf(service: Pick<Service, 'name' | 'parts'>, scene: Scene): ServiceSketch {
  const tier = new Map(service.parts.map((part) => [part.server, part.tier]));
  const own = scene.inner.filter(({ a, b }) => tier.has(a) && tier.has(b));
  const level = own.filter(({ a, b }) => tier.get(a) === tier.get(b)).length;
  const places = service.parts.length > 3 && level > 0.3 * own.length ? ring(service, scene) : tiers(service, scene);
  return framed(label(service.name, 30), scene.says(service), places);
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

/** Tiers as columns, centred beside the tallest; a tall one is split into several. */
function tiers({ parts }: Pick<Service, 'parts'>, { nameOf }: Scene): ServiceSketch['places'] {
  const levels = [...new Set(parts.map(({ tier }) => tier))].sort((a, b) => a - b);
  const columns = levels.flatMap((level) => {
    const own = parts.filter(({ tier }) => tier === level).map(({ server }) => server);
    const broken = Math.ceil(own.length / mostRows);
    const rows = Math.ceil(own.length / broken);
    return Array.from({ length: broken }, (_, index) => own.slice(index * rows, (index + 1) * rows));
  });
  const tallest = Math.max(...columns.map((column) => column.length));
  let x = 0;
  return columns.flatMap((column) => {
    const texts = column.map((server) => label(nameOf(server), mostColumns));
    const width = badgeWidth + 10 + Math.max(...texts.map((text) => textWide(text, 12)));
    const top = ((tallest - column.length) * pitch) / 2;
    const left = x;
    x += width + columnGap;
    return column.map((server, row) => ({
      server,
      text: texts[row] as string,
      x: left,
      y: top + row * pitch,
      width,
      side: null,
    }));
  });
}

/** Servers that talk mostly inside their tier stand in a ring, so that lines cross its middle. */
function ring({ parts }: Pick<Service, 'parts'>, { nameOf }: Scene): ServiceSketch['places'] {
  const servers = parts.map(({ server }) => server);
  const texts = servers.map((server) => label(nameOf(server), mostColumns));
  const width = badgeWidth + 10 + Math.max(...texts.map((text) => textWide(text, 12)));
  const rows = Math.ceil(servers.length / 2);
  const bulge = Math.min(120, 10 * rows);
  const inner = Math.min(360, 80 + 20 * rows);
  return servers.map((server, index) => {
    const left = index >= rows;
    // Clockwise from the top: down on the right, up on the left.
    const row = left ? servers.length - 1 - index : index;
    const count = left ? servers.length - rows : rows;
    const turn = (row + 0.5) / count;
    const out = Math.round(bulge * Math.sin(Math.PI * turn));
    const y = row * pitch + (left ? ((rows - count) * pitch) / 2 : 0);
    const x = left ? bulge - out : bulge + width + inner + out;
    return { server, text: texts[index] as string, x, y, width, side: left ? ('left' as const) : ('right' as const) };
  });
}

/** All single servers in one box. */
function grid(services: Scene['services'], scene: Scene): ServiceSketch {
  const servers = services.flatMap(({ parts }) => parts.map(({ server }) => server));
  const texts = servers.map((server) => label(scene.nameOf(server), mostColumns));
  const width = badgeWidth + 10 + Math.max(...texts.map((text) => textWide(text, 12)));
  const columns = Math.max(1, Math.min(Math.floor(1200 / (width + 16)), Math.ceil(Math.sqrt(servers.length / 2))));
  const places = servers.map((server, index) => ({
    server,
    text: texts[index] as string,
    width,
    side: null,
    x: (index % columns) * (width + 16),
    y: Math.floor(index / columns) * pitch,
  }));
  return framed(
    servers.length === 1 ? 'on its own' : 'on their own',
    servers.length === 1 ? '1 server' : `${servers.length} servers`,
    places,
  );
}
