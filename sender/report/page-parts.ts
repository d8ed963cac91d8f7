import { escaped } from './style.ts';

/** A number with what it counts, large. */
export function figure(label: string, value: string): string {
  return `<div><b>${escaped(value)}</b><span>${escaped(label)}</span></div>`;
}

/** A cell of figures, which stand on the right. */
export function number(text: string): string {
  return `<data>${escaped(text)}</data>`;
}

/** A table; cells are HTML, headings are text. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p>None.</p>';
  const cell = (content: string): string =>
    content.startsWith('<data>') ? `<td class="number">${content}</td>` : `<td>${content}</td>`;
  const numeric = (index: number): string => (rows[0]?.[index]?.startsWith('<data>') ? ' class="number"' : '');
  return `<div class="wide"><table><thead><tr>${heads.map((head, index) => `<th${numeric(index)}>${escaped(head)}</th>`).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('')}</tbody></table></div>`;
}
