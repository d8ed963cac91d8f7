import { cut, visible, widthOf } from '../../../../shared/print/text.ts';
import { escaped } from '../../../report/style.ts';
import { pictureStyle } from './picture-style.ts';

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

/** Attributes of an element in their order; numbers are lengths. */
type Attributes = Readonly<Record<string, string | number>>;

/** An SVG element with its attributes and the elements inside it. */
export function element(name: string, attributes: Attributes, ...inside: readonly string[]): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${typeof value === 'number' ? px(value) : value}"`);
  const start = `<${name}${list.join('')}`;
  return inside.length === 0 ? `${start}/>` : `${start}>${inside.join('')}</${name}>`;
}

/** A text element. */
export function textAt(x: number, y: number, text: string, kind = '', anchor: 'start' | 'middle' | 'end' = 'start'): string {
  const style = kind === '' ? {} : { class: kind };
  const align = anchor === 'start' ? {} : { 'text-anchor': anchor };
  return element('text', { x, y, ...style, ...align }, escaped(text));
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
  const label = `${id}-name ${id}-says`;
  const size = `viewBox="0 0 ${w} ${h}" width="${w}" height="${h}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} class="drawing" role="img" aria-labelledby="${label}">
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
