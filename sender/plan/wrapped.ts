import { widthOf } from '../../shared/print/text.ts';

/** Columns of a comment in a plan, without its `#`. */
const columns = 99;

/**
 * Breaks a text between words into lines of a comment. `first` and `others` are what the lines
 * begin with. A word that is longer than a line stays whole.
 */
export function wrapped(text: string, first: string, others: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const begin = lines.length === 0 ? first : others;
    if (line !== '' && widthOf(`${begin}${line} ${word}`) > columns) {
      lines.push(begin + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, (lines.length === 0 ? first : others) + line];
}
