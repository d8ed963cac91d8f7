import { count } from '../math/figures.ts';

/** Most rows of a list that are printed: a thousand servers are for the page and for `--json`. */
export const mostRows = 60;

/** Indents the lines of a section below its title. */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** Says how many rows of a list are not printed. */
export function rowsLeftOut(all: number, thing: string): string[] {
  return all > mostRows ? [`  and ${count(all - mostRows, thing)} more; --html and --json have all`] : [];
}
