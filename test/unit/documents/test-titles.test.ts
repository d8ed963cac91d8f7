import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** Titles of tests that are too short to say what happens, and when. */
function shortTitlesIn(text: string): string[] {
  return [...text.matchAll(/\b(?:test|it)\('([^']{1,25})'/g)].map(([, title = '']) => title);
}

test('the title of a test is a sentence: it has more than 25 characters', async () => {
  const short: string[] = [];
  for await (const file of glob('test/**/*.test.ts', { cwd: root }))
    for (const title of shortTitlesIn(await readFile(join(root, file), 'utf8'))) short.push(`${file}: ${title}`);
  expect(short).toEqual([]);
});

test('a short title is found, with whatever function it is given', () => {
  const quoted = (title: string): string => `'${title}'`;
  const text = `test(${quoted('works')}, () => {}); it(${quoted('is read')}); test(${quoted('a word that is long enough to pass')});`;
  expect(shortTitlesIn(text)).toEqual(['works', 'is read']);
});
