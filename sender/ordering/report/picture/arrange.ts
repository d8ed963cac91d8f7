import type { TierMember } from '../../services/tiers.ts';
import { label, textWide } from './drawing.ts';
import { badgeWidth, type PlaceInBox } from './place.ts';

/** From one server to the next below. */
const pitch = 28;
const columnGap = 72;
const gridGap = 16;

/** Longest name, in columns of the terminal. */
const mostColumns = 18;

/** Most servers below each other. */
const mostRows = 28;

/** Tiers as columns, centred beside the tallest; a tall one is split into several. */
export function tierColumns(parts: readonly TierMember[], nameOf: (server: string) => string): PlaceInBox[] {
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
    const { texts, width } = labelsOf(column, nameOf);
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
export function ring(servers: readonly string[], nameOf: (server: string) => string): PlaceInBox[] {
  const { texts, width } = labelsOf(servers, nameOf);
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

/** Rows of servers that are in no service with others. */
export function grid(servers: readonly string[], nameOf: (server: string) => string): PlaceInBox[] {
  const { texts, width } = labelsOf(servers, nameOf);
  const widestRow = Math.floor(1200 / (width + gridGap));
  const columns = Math.max(1, Math.min(widestRow, Math.ceil(Math.sqrt(servers.length / 2))));
  return servers.map((server, index) => ({
    server,
    text: texts[index] as string,
    width,
    side: null,
    x: (index % columns) * (width + gridGap),
    y: Math.floor(index / columns) * pitch,
  }));
}

function labelsOf(servers: readonly string[], nameOf: (server: string) => string): { texts: string[]; width: number } {
  const texts = servers.map((server) => label(nameOf(server), mostColumns));
  return { texts, width: badgeWidth + 10 + Math.max(...texts.map((text) => textWide(text, 12))) };
}
