import { element, hint, px, textAt } from './drawing.ts';
import { badgeWidth, pillHeight, type ServerPlace } from './place.ts';
import type { Steps } from './steps.ts';

/** A server: its number on its colour, its name, and an arrow where it is asked from outside. */
export function serverPill(place: ServerPlace, name: string, steps: Steps, isExposed: boolean): string {
  const { server, text, x, y, width } = place;
  const colour = steps.colour(server);
  const number = steps.of(server) + 1;
  const says = `${name}: ${steps.by} ${number}${isExposed ? ', asked from outside' : ''}`;
  const frame = { x, y, width, height: pillHeight, rx: 6, stroke: colour, 'stroke-width': 1.5 };
  return element(
    'g',
    {},
    hint(says),
    isExposed ? arrowBefore(x, y) : '',
    element('rect', { class: 'pill', ...frame }),
    element('path', { fill: colour, d: badgePath(x, y) }),
    textAt(x + badgeWidth / 2, y + 15, String(number), 'badge', 'middle'),
    textAt(x + badgeWidth + 5, y + 15, text),
  );
}

function arrowBefore(x: number, y: number): string {
  const middle = y + pillHeight / 2;
  const shaft = element('path', { class: 'world', d: `M${px(x - 12)} ${px(middle)}h7`, 'stroke-width': 1.5 });
  return `${shaft}${element('path', { class: 'arrow', d: `M${px(x - 6)} ${px(middle - 4)}l6 4-6 4z` })}`;
}

/** The left end of a pill, with round corners on the left. */
function badgePath(x: number, y: number): string {
  const across = badgeWidth - 6;
  const down = pillHeight - 12;
  return `M${px(x + badgeWidth)} ${px(y)}v${pillHeight}h-${across}a6 6 0 0 1-6-6v-${down}a6 6 0 0 1 6-6z`;
}
