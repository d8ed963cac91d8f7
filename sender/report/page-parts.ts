import { escaped } from './style.ts';

/** A number with what it counts, large. */
export function figure(label: string, value: string): string {
  return `<div><b>${escaped(value)}</b><span>${escaped(label)}</span></div>`;
}

/** A cell of figures, which stand on the right; `value` is what it is sorted by. */
export function number(text: string, value?: number): string {
  return `<data${value === undefined ? '' : ` value="${value}"`}>${escaped(text)}</data>`;
}

/** A row of a table: its cells as HTML, and attributes of the row. */
export interface TableRow {
  readonly cells: readonly string[];
  readonly attributes?: string | undefined;
}

/** A table; headings are text, and the cells of a plain row are HTML. */
export function table(heads: readonly string[], rows: readonly (readonly string[] | TableRow)[]): string {
  if (rows.length === 0) return '<p>None.</p>';
  const all = rows.map((row): TableRow => ('cells' in row ? row : { cells: row }));
  const isNumber = (content: string | undefined): boolean => content?.startsWith('<data') === true;
  const cell = (content: string): string => `<td${isNumber(content) ? ' class="number"' : ''}>${content}</td>`;
  const head = (text: string, index: number): string =>
    `<th class="${isNumber(all[0]?.cells[index]) ? 'number' : ''}">${escaped(text)}</th>`;
  const line = ({ cells, attributes = '' }: TableRow): string => `<tr${attributes}>${cells.map(cell).join('')}</tr>`;
  return `<div class="wide"><table><thead><tr>${heads.map(head).join('')}</tr></thead><tbody>${all.map(line).join('')}</tbody></table></div>`;
}
