import { table } from '../../../shared/print/table.ts';
import { showDuration } from '../../../shared/print/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { comparedWithRandom } from '../analysis/comparison.ts';
import { distributionOf, quantileOf } from '../math/distribution.ts';
import { percent, relativeTo } from '../math/figures.ts';
import type { OrderCost } from '../order/request.ts';
import { indented } from './lines.ts';

/** Widest bar of a histogram, in columns. */
const barColumns = 40;

/** The title of the cost table, with the weights. */
export function costTitle({ weights }: Analysis): string {
  const formula = `${weights.downtime} × service downtime + ${weights.split} × split + ${weights.length} × length`;
  return `Cost: ${formula}, compared with 1,000 random orders`;
}

/** The costs of the proposal, the given order, alphabetical order, random orders, and the bound. */
export function costLines({ comparison, prediction }: Analysis, columns: number): string[] {
  const { proposed, given, alphabetical, random, bound, method } = comparison;
  const at = (part: number): OrderCost => quantileOf(random, part);
  const row = (what: string, cost: OrderCost) => ({ what, ...cost });
  const rows = [
    row(`proposed (${method})`, proposed),
    row('as given', given),
    row('alphabetical', alphabetical),
    row('random, best', at(0)),
    row('random, first quarter', at(0.25)),
    row('random, median', at(0.5)),
    row('random, last quarter', at(0.75)),
    row('random, worst', at(1)),
  ];
  const seconds = (value: number): string => showDuration(1000 * value);
  const lines = table(
    rows,
    [
      { title: 'order', show: ({ what }) => what },
      { title: 'cost', align: 'right', show: ({ cost }) => cost.toFixed(0) },
      { title: 'to proposed', align: 'right', show: ({ cost }) => relativeTo(cost, proposed.cost) },
      { title: 'service downtime', align: 'right', show: ({ serviceDowntimeSeconds }) => seconds(serviceDowntimeSeconds) },
      { title: 'split', align: 'right', show: ({ splitSeconds }) => seconds(splitSeconds) },
      { title: 'length', align: 'right', show: ({ lengthSeconds }) => seconds(lengthSeconds) },
    ],
    columns - 2,
  );
  const own = seconds(proposed.serviceDowntimeSeconds);
  const { meanSeconds, spared } = comparedWithRandom(comparison);
  return [
    ...indented(lines),
    `  Lower bound: no order costs less than ${bound.toFixed(0)}.`,
    `  Mean service downtime is ${own}, and ${seconds(meanSeconds)} in random order (${prediction.mode}): ${percent(spared)} less.`,
    ...indented(histogram(comparison)),
  ];
}

/** A histogram of the costs of random orders, with the other orders marked. */
function histogram({ random, proposed, given, alphabetical }: Analysis['comparison']): string[] {
  const { bins, max } = distributionOf(random.map(({ cost }) => cost));
  const most = Math.max(...bins.map((bin) => bin.count));
  const marks = [
    ['proposed', proposed.cost],
    ['as given', given.cost],
    ['alphabetical', alphabetical.cost],
  ] as const;
  const width = Math.max(...bins.map(({ from }) => from.toFixed(0).length), proposed.cost.toFixed(0).length, 4);
  const first = bins[0]?.from ?? 0;
  const below = marks.filter(([, cost]) => cost < first);
  const line = (from: number, bar: string, names: readonly string[]): string =>
    `${from.toFixed(0).padStart(width)} │${bar}${names.length > 0 ? `  ← ${names.join(', ')}` : ''}`;
  return [
    ...below.map(([name, cost]) => line(cost, '', [name])),
    ...bins.map(({ from, until, count: own }, index) => {
      const last = index === bins.length - 1;
      const here = marks.filter(([, cost]) => cost >= from && (cost < until || (last && cost >= until) || (last && cost <= max)));
      const bar = '█'.repeat(own === 0 ? 0 : Math.max(1, Math.round((barColumns * own) / most)));
      return line(
        from,
        bar,
        here.map(([name]) => name),
      );
    }),
  ];
}
