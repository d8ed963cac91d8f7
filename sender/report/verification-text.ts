import { wordOf, wordsOf } from '../../shared/model/kind-words.ts';
import { idOf, kindOf } from '../../shared/model/resource.ts';
import type { Output } from '../../shared/print/output.ts';
import { type Column, table } from '../../shared/print/table.ts';
import { visible } from '../../shared/print/text.ts';
import type { AttributeComparison, ComparedLine, KindCounts } from '../campaign/compare/comparison.ts';

/** What is told of a receiver that cannot compare. */
export const noComparison = 'The receiver is older than comparisons of attributes: only disks were read again.';

/** A kind with its counts. */
type Row = KindCounts & { readonly kind: string };

const sorts = ['equal', 'mapped', 'told', 'changed', 'waived', 'unread', 'different'] as const;

/** A comparison as lines of text: counts for each kind, then what is not equal. */
export function comparisonText(comparison: AttributeComparison, { style }: Pick<Output, 'style'>, columns: number): string[] {
  const rows = rowsOf(comparison);
  const all: Column<Row>[] = [
    { title: 'KIND', show: ({ kind, resources }) => `${resources} ${resources === 1 ? wordOf(kind) : wordsOf(kind)}` },
    ...sorts.map((sort): Column<Row> => ({ title: sort.toUpperCase(), show: (row) => orDot(row[sort]), align: 'right' })),
  ];
  return [
    ...table(rows, all, columns),
    ...comparison.lines.filter(({ is }) => is !== 'told').map((line) => lineText(line, style)),
    ...notes(comparison),
  ];
}

/** The counts of each kind, and of all together. */
export function rowsOf({ kinds }: AttributeComparison): Row[] {
  return Object.entries(kinds).map(([kind, counts]) => ({ kind, ...counts }));
}

/** What people know the resource of a line by: its name, or its id. */
export function labelOfLine({ ref, name }: Pick<ComparedLine, 'ref' | 'name'>): string {
  return `${wordOf(kindOf(ref))} ${name === '' ? idOf(ref) : name}`;
}

/** The word for a line, with its severity. */
export function sortOf({ is, severity }: ComparedLine): string {
  return is === 'different' && severity !== null ? `${is}, ${severity}` : is;
}

function lineText(line: ComparedLine, style: Output['style']): string {
  const colour = line.is === 'different' ? 'red' : 'yellow';
  const until = line.waiver === undefined ? '' : ` (until ${line.waiver.until}, ${line.waiver.owner}: ${line.waiver.reason})`;
  return `${style(colour, sortOf(line))}: ${visible(labelOfLine(line))}: ${visible(line.says)}${visible(until)}`;
}

/** What is beside the lines. */
export function notes({ omitted, unread, idleWaivers, pastWaivers }: AttributeComparison): string[] {
  const named = (waivers: AttributeComparison['idleWaivers']): string =>
    waivers.map(({ resource, attribute }) => visible(`${resource} ${attribute}`)).join(', ');
  return [
    ...(omitted === 0 ? [] : [`${omitted} more are counted alone.`]),
    ...(unread.length === 0 ? [] : [`The destination's credentials may not read: ${visible(unread.join(', '))}.`]),
    ...(idleWaivers.length === 0 ? [] : [`Waivers that cover nothing: ${named(idleWaivers)}.`]),
    ...(pastWaivers.length === 0 ? [] : [`Waivers whose day is past: ${named(pastWaivers)}.`]),
  ];
}

function orDot(count: number): string {
  return count === 0 ? '·' : String(count);
}
