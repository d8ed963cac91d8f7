import { cut, visible, widthOf } from '../../../../shared/print/text.ts';
import { escaped } from '../../../report/style.ts';

/** SVG elements that fill a rectangle from 0, 0. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly body: string;
}

/** The greatest width of so many terminal columns in a font of so many pixels. */
function columnsWide(columns: number, fontPx: number): number {
  return Math.ceil(columns * fontPx * 0.6);
}

/** The greatest width of a text in a font of so many pixels. */
export function textWide(text: string, fontPx: number): number {
  return columnsWide(widthOf(text), fontPx);
}

/** Characters that XML 1.0 does not allow, even escaped. */
const impossible = /[\uFFFE\uFFFF]/g;

/** More combining marks than any script uses would cover other lines. */
const heaps = /(\p{M}{3})\p{M}+/gu;

/** A foreign name as a label: one line, cut to so many columns. */
export function label(name: string, columns: number): string {
  return cut(plain(name), columns);
}

/** A foreign text on one line that XML allows; not escaped yet. */
export function plain(text: string): string {
  return visible(text.toWellFormed()).replace(impossible, '\uFFFD').replace(heaps, '$1');
}

/** A text element. */
export function textAt(x: number, y: number, text: string, kind = '', anchor: 'start' | 'middle' | 'end' = 'start'): string {
  const more = `${kind === '' ? '' : ` class="${kind}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${px(x)}" y="${px(y)}"${more}>${escaped(text)}</text>`;
}

/** The tooltip of an element. */
export function hint(text: string): string {
  return `<title>${escaped(plain(text))}</title>`;
}

/** A length with at most one decimal. */
export function px(length: number): string {
  return String(Math.round(length * 10) / 10);
}

/** Moves a drawing. */
function moved({ body }: Drawing, x: number, y: number): string {
  return `<g transform="translate(${px(x)} ${px(y)})">${body}</g>`;
}

/** Puts drawings below each other. */
export function stacked(drawings: readonly Drawing[], gap: number): Drawing {
  let height = 0;
  const parts = drawings.map((drawing, index) => {
    const y = height + (index > 0 ? gap : 0);
    height = y + drawing.height;
    return moved(drawing, 0, y);
  });
  return { width: Math.max(0, ...drawings.map(({ width }) => width)), height, body: parts.join('\n') };
}

/** A drawing as an SVG document or element, with a name and a description for screen readers. */
export function svgOf({ width, height, body }: Drawing, name: string, says: string, id: string, margin = 16): string {
  const w = Math.ceil(width + 2 * margin);
  const h = Math.ceil(height + 2 * margin);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" class="drawing" role="img" aria-labelledby="${id}-name ${id}-says">
<title id="${id}-name">${escaped(plain(name))}</title>
<desc id="${id}-says">${escaped(plain(says))}</desc>
<style>${pictureStyle}</style>
<rect class="paper" width="${w}" height="${h}"/>
<g transform="translate(${margin} ${margin})">
${body}
</g>
</svg>
`;
}

/**
 * Styles for light and dark mode, as plain classes, for some viewers support no variables. A page's
 * own rules do not apply to them.
 */
const pictureStyle = `
.drawing text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1b1f24; }
.drawing .paper { fill: #ffffff; } .drawing .soft { fill: #57606a; } .drawing .small { font-size: 11px; } .drawing .title { font-size: 17px; font-weight: 600; } .drawing .name { font-weight: 600; font-size: 13px; }
.drawing .badge { font-size: 10px; font-weight: 700; fill: #ffffff; }
.drawing .box { fill: #f6f8fa; stroke: #d0d7de; } .drawing .pill { fill: #ffffff; } .drawing .grid { stroke: #d0d7de; fill: none; } .drawing .axis { stroke: #8c959f; fill: none; }
.drawing .talk { stroke: #64748b; stroke-opacity: .45; fill: none; } .drawing .apart { stroke: #c2410c; stroke-opacity: .55; fill: none; } .drawing .world { stroke: #57606a; fill: none; }
.drawing .split { fill: #64748b; fill-opacity: .22; stroke: #64748b; stroke-opacity: .6; } .drawing .bar { fill: #8c959f; } .drawing .arrow { fill: #57606a; }
@media (prefers-color-scheme: dark) {
.drawing text { fill: #e6edf3; } .drawing .paper { fill: #12161b; } .drawing .soft { fill: #9aa4af; } .drawing .badge { fill: #ffffff; } .drawing .box { fill: #1c2229; stroke: #3a424c; } .drawing .pill { fill: #12161b; }
.drawing .grid { stroke: #3a424c; } .drawing .axis { stroke: #6e7781; } .drawing .talk { stroke: #9fb0c4; } .drawing .apart { stroke: #ff9b6b; } .drawing .world { stroke: #9aa4af; } .drawing .arrow { fill: #9aa4af; }
.drawing .split { fill: #9fb0c4; stroke: #9fb0c4; } .drawing .bar { fill: #6e7781; }
}
@media print { .drawing text { fill: #000000; } .drawing .paper { fill: #ffffff; } }
`;
