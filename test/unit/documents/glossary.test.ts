import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** The terms in bold in the first column of the README's table of words. */
async function terms(): Promise<string[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const chapter = readme.split('\n## ').find((text) => text.startsWith('Words\n')) ?? '';
  const firstCells = chapter.split('\n').flatMap((line) => /^\| (\*\*.*?) \|/.exec(line)?.[1] ?? []);
  return firstCells.flatMap((cell) => [...cell.matchAll(/\*\*(.+?)\*\*/g)].map(([, term = '']) => term));
}

/** The words of the product's code: a name of several words counts as each of them, and as all. */
async function wordsOfCode(): Promise<string> {
  const texts: string[] = [];
  for await (const file of glob('{sender,receiver,protocol,shared}/**/*.ts', { cwd: root }))
    texts.push(await readFile(join(root, file), 'utf8'));
  return texts
    .join('\n')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

test('every term of the README’s table of words is a word of the code', async () => {
  const code = await wordsOfCode();
  const unused = (await terms()).filter((term) => !new RegExp(`\\b${term.replaceAll('.', '\\.')}s?\\b`).test(code));
  expect(unused).toEqual([]);
});

test('a word that the code uses in a sense of its own is a term of the README', async () => {
  const senses = [
    'lane',
    'piece',
    'page',
    'donor',
    'session',
    'stamp',
    'attempt',
    'wish',
    'window',
    'calendar',
    'probe',
    'spool',
    'bundle',
  ];
  const known = await terms();
  expect([...senses, 'service', 'stage', 'instance'].filter((word) => !known.includes(word))).toEqual([]);
});

test('no term of the README is explained twice', async () => {
  const all = await terms();
  expect(all.filter((term, index) => all.indexOf(term) !== index)).toEqual([]);
});
