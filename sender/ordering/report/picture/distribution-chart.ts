import type { Analysis } from '../../analysis/analysis.ts';
import { distributionOf } from '../../math/distribution.ts';
import { type Drawing, element, hint, px, textAt } from './drawing.ts';

const width = 760;
const height = 130;
const marksHeight = 66;

/** A histogram of the costs of random orders, with the other orders and the bound marked. */
export function distributionChart({ comparison }: Pick<Analysis, 'comparison'>): Drawing {
  const { proposed, given, alphabetical, random, bound } = comparison;
  const { bins, max } = distributionOf(
    random.map(({ cost }) => cost),
    40,
  );
  const marks = [
    { name: 'lower bound', cost: bound },
    { name: 'proposed', cost: proposed.cost },
    { name: 'as given', cost: given.cost },
    { name: 'alphabetical', cost: alphabetical.cost },
  ].sort((a, b) => a.cost - b.cost);
  const least = Math.min(bins[0]?.from ?? 0, ...marks.map(({ cost }) => cost));
  const most = Math.max(max, ...marks.map(({ cost }) => cost));
  const at = (cost: number): number => (most > least ? (width * (cost - least)) / (most - least) : width / 2);
  const tallest = Math.max(...bins.map(({ count }) => count));
  const base = marksHeight + height;
  const bars = bins.map(({ from, until, count }) => {
    const tall = (height * count) / tallest;
    const says = `${count} of ${random.length} random orders cost ${from.toFixed(0)} to ${until.toFixed(0)}`;
    const bar = { x: at(from) + 0.5, y: base - tall, width: Math.max(1, at(until) - at(from) - 1), height: tall };
    return element('g', {}, hint(says), element('rect', { class: 'bar', ...bar }));
  });
  const flags = marks.map(({ name, cost }, index) => {
    const x = at(cost);
    const y = 12 + index * 16;
    const onLeft = x > width / 2;
    const line = element('path', { class: 'axis', d: `M${px(x)} ${y - 9}V${base}`, 'stroke-dasharray': '3 3' });
    return `${line}${textAt(x + (onLeft ? -5 : 5), y, `${name} ${cost.toFixed(0)}`, 'small', onLeft ? 'end' : 'start')}`;
  });
  const axis = [
    element('path', { class: 'axis', d: `M0 ${base}H${width}` }),
    textAt(0, base + 16, least.toFixed(0), 'soft small'),
    textAt(width, base + 16, most.toFixed(0), 'soft small', 'end'),
    textAt(width / 2, base + 16, 'cost of 1,000 random orders', 'soft small', 'middle'),
  ].join('');
  return { width, height: base + 22, body: [axis, ...bars, ...flags].join('\n') };
}
