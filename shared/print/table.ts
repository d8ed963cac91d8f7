import { cut, pad, widthOf } from './text.ts';

/** One column of a table: its heading, what a row shows in it, and on which side it is even. */
export interface Column<Row> {
  readonly title: string;
  readonly show: (row: Row) => string;
  readonly align?: 'left' | 'right' | undefined;
  /**
   * Columns it fills at most, however wide the terminal: one long name must not push the rest away.
   */
  readonly most?: number | undefined;
  /** Never cut, however narrow the terminal: an id or a digest is useless in part. */
  readonly whole?: boolean | undefined;
}

/** Narrowest a column is made to fit a terminal. */
const narrowest = 8;

/**
 * Lays out rows under headings in at most `width` columns; the widest are cut first. Without rows
 * it is one line, `none`.
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width = Number.POSITIVE_INFINITY): string[] {
  if (rows.length === 0) return ['none'];
  const cells = [columns.map((column) => column.title), ...rows.map((row) => columns.map((column) => column.show(row)))];
  const widths = fitted(
    columns.map(({ most }, index) =>
      Math.min(most ?? Number.POSITIVE_INFINITY, Math.max(...cells.map((line) => widthOf(line[index] ?? '')))),
    ),
    columns.map((column) => column.whole !== true),
    width - 2 * (columns.length - 1),
  );
  return cells.map((line) =>
    line
      .map((cell, index) => {
        const columnWidth = widths[index] ?? 0;
        return pad(cut(cell, columnWidth), columnWidth, columns[index]?.align === 'right' ? 'left' : 'right');
      })
      .join('  ')
      .trimEnd(),
  );
}

function fitted(wanted: readonly number[], mayBeCut: readonly boolean[], room: number): number[] {
  const widths = [...wanted];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = Math.max(narrowest, ...widths.filter((_, index) => mayBeCut[index]));
    if (widest === narrowest) break;
    const index = widths.findIndex((width, at) => mayBeCut[at] === true && width === widest);
    widths[index] = widest - 1;
    excess--;
  }
  return widths;
}
