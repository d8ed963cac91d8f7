import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

interface Line {
  readonly place: string;
  readonly file: string;
  readonly text: string;
}

/** The lines of the product and of its tests, but for the samples in this file. */
async function linesOfCode(): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const file of glob('{sender,receiver,protocol,shared,test}/**/*.ts', { cwd: root }))
    for (const [index, text] of (await readFile(join(root, file), 'utf8')).split('\n').entries())
      lines.push({ place: `${file}:${index + 1}`, file, text });
  return lines.filter(({ file }) => !import.meta.filename.endsWith(file));
}

const isLongComment = (line: string): boolean => /^\s*(\/\*\*|\*|\/\/)/.test(line) && Array.from(line).length > 100;
const assignsTuple = (line: string): boolean => /^\s*(const |let )?\[[^\]]+\] = \[.*\];$/.test(line);
const spreadsLiteral = (line: string): boolean => /\.\.\.\s*\{/.test(line);

const lines = await linesOfCode();
const placesOf = (isWrong: (line: string) => boolean): string[] =>
  lines.filter(({ text }) => isWrong(text)).map(({ place, text }) => `${place}: ${text.trim()}`);

test('no line of a comment has more than 100 columns', () => {
  expect(placesOf(isLongComment)).toEqual([]);
});

test('no values are assigned in tuples, and no literal is spread into another', () => {
  expect([...placesOf(assignsTuple), ...placesOf(spreadsLiteral)]).toEqual([]);
});

test('no file has more than 400 lines', () => {
  const lengths = Object.entries(Object.groupBy(lines, ({ file }) => file)).map(([file, own = []]) => ({
    file,
    lines: own.length - 1,
  }));
  expect(lengths.filter((file) => file.lines > 400)).toEqual([]);
});

test('squeezed lines are noticed', () => {
  expect(isLongComment(`  // ${'long '.repeat(20)}`)).toBe(true);
  expect(isLongComment('  // short')).toBe(false);
  expect(assignsTuple('  const [a, b] = [one(), two()];')).toBe(true);
  expect(assignsTuple('  [this.a, this.b] = [b, a];')).toBe(true);
  expect(assignsTuple('  const [low, high] = [one(), two()].sort();')).toBe(false);
  expect(spreadsLiteral('return { ...base, ...{ a, b } };')).toBe(true);
  expect(spreadsLiteral('return { ...base, a, b };')).toBe(false);
});
