import { showBytes } from '../../../../shared/print/units.ts';
import type { Analysis } from '../../analysis/analysis.ts';
import { type Drawing, element, textAt, textWide } from './drawing.ts';
import { type Scale, widthOf } from './graph.ts';
import type { Steps } from './steps.ts';

/** An entry of the legend: a sign that is drawn at x, as wide as `width`, and its meaning. */
interface LegendEntry {
  readonly sign: (x: number) => string;
  readonly width: number;
  readonly text: string;
}

/** The legend of colours, numbers and widths. */
export function legendOf(analysis: Analysis, steps: Steps, graph: { readonly left: number; readonly scale: Scale }): Drawing {
  const { left, scale } = graph;
  const entries = [stepEntry(analysis, steps), ...widthEntries(scale)];
  if (steps.by === 'wave') entries.push({ sign: (x) => lineSign('apart', x, '3'), width: 26, text: 'between waves' });
  entries.push({ sign: outsideSign, width: 14, text: 'asked from outside; the asking server is on the left' });
  if (left > 0) entries.push({ sign: () => '', width: 0, text: `${left} thinner lines are not drawn` });
  let x = 0;
  const body = entries.map(({ sign, width, text }) => {
    const drawn = `${sign(x)}${textAt(x + width + 6, 14, text, 'small')}`;
    x += width + 6 + textWide(text, 11) + 22;
    return drawn;
  });
  return { width: x, height: 20, body: body.join('') };
}

function stepEntry({ waves }: Analysis, steps: Steps): LegendEntry {
  const first = waves[0]?.servers[0] ?? '';
  const last = waves.at(-1)?.servers.at(-1) ?? '';
  const colours = steps.count > 1 ? [steps.colour(first), steps.colour(last)] : [steps.colour(first)];
  const width = 12 + 6 * String(steps.count).length;
  const swatch = (x: number, fill: string, number: number): string =>
    [
      element('rect', { x, y: 3, width, height: 14, rx: 3, fill }),
      textAt(x + width / 2, 14, String(number), 'badge', 'middle'),
    ].join('');
  return {
    sign: (x) => colours.map((colour, index) => swatch(x + index * (width + 2), colour, index === 0 ? 1 : steps.count)).join(''),
    width: colours.length * (width + 2),
    text: steps.by === 'wave' ? 'first and last wave' : 'first and last to move',
  };
}

/** The widths of the heaviest line, of a tenth and of a hundredth of it. */
function widthEntries(scale: Scale): LegendEntry[] {
  if (scale.bytes === 0) return [];
  return [1, 0.1, 0.01].map((part) => ({
    sign: (x) => lineSign('talk', x, widthOf(part * scale.bytes, scale).toFixed(1)),
    width: 26,
    text: showBytes(part * scale.bytes),
  }));
}

function lineSign(kind: string, x: number, width: string): string {
  return element('path', { class: kind, d: `M${x} 10h26`, 'stroke-width': width });
}

function outsideSign(x: number): string {
  const shaft = element('path', { class: 'world', d: `M${x} 10h8`, 'stroke-width': 1.5 });
  return `${shaft}${element('path', { class: 'arrow', d: `M${x + 8} 6l6 4-6 4z` })}`;
}
