import { px } from './drawing.ts';
import { pillHeight, type ServerPlace } from './place.ts';

/** A cubic curve as an SVG path. */
interface Curve {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Where its control points are: beside or above the ends. */
  readonly bend1: { readonly x: number; readonly y: number };
  readonly bend2: { readonly x: number; readonly y: number };
}

/**
 * The curve between two servers: between facing sides, or beside them where one is above the other.
 */
export function curveBetween(from: ServerPlace, to: ServerPlace): string {
  const y1 = from.y + pillHeight / 2;
  const y2 = to.y + pillHeight / 2;
  const inRing = from.box === to.box && from.side !== null && to.side !== null;
  if (inRing && from.side === to.side) {
    const onRight = from.side === 'left';
    const reach = (onRight ? 1 : -1) * (30 + Math.abs(y2 - y1) / 2);
    return beside(edge(from, onRight), y1, edge(to, onRight), y2, reach, reach);
  }
  const toRight = to.x >= from.x + from.width;
  const toLeft = from.x >= to.x + to.width;
  if (toRight || toLeft) {
    const x1 = edge(from, toRight);
    const x2 = edge(to, !toRight);
    const bend = (x2 - x1) / 2;
    return beside(x1, y1, x2, y2, bend, -bend);
  }
  if (from.box !== to.box) return from.y < to.y ? downwards(from, to) : downwards(to, from);
  const reach = Math.min(60, 16 + Math.abs(y2 - y1) / 4);
  return beside(edge(from, false), y1, edge(to, false), y2, -reach, -reach);
}

function edge(place: ServerPlace, right: boolean): number {
  return right ? place.x + place.width : place.x;
}

/** A curve that leaves and arrives sideways. */
function beside(x1: number, y1: number, x2: number, y2: number, reach1: number, reach2: number): string {
  return path({ x1, y1, x2, y2, bend1: { x: x1 + reach1, y: y1 }, bend2: { x: x2 + reach2, y: y2 } });
}

/** A curve from the lower edge of one server to the upper edge of another. */
function downwards(upper: ServerPlace, lower: ServerPlace): string {
  const x1 = upper.x + upper.width / 2;
  const x2 = lower.x + lower.width / 2;
  const y1 = upper.y + pillHeight;
  const y2 = lower.y;
  const middle = (y1 + y2) / 2;
  return path({ x1, y1, x2, y2, bend1: { x: x1, y: middle }, bend2: { x: x2, y: middle } });
}

function path({ x1, y1, x2, y2, bend1, bend2 }: Curve): string {
  const points = [bend1, bend2, { x: x2, y: y2 }].map(({ x, y }) => `${px(x)} ${px(y)}`);
  return `M${px(x1)} ${px(y1)}C${points.join(' ')}`;
}
