import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** Files of shared/ that one daemon alone reaches, and why they lie there all the same. */
const allowed: Readonly<Record<string, string>> = {
  'shared/concurrency/within.ts': 'everything about concurrency lies in one folder',
};

async function sourcesOf(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

async function importsOf(file: string): Promise<string[]> {
  const text = await readFile(join(root, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, specifier = '']) => specifier);
  return specifiers.map((specifier) => relative(root, resolve(root, dirname(file), specifier)));
}

/** Every file that a daemon's own files import, directly or through others. */
async function reachedFrom(daemon: string): Promise<Set<string>> {
  const reached = new Set(await sourcesOf(daemon));
  // A set hands out what is added to it while it is walked.
  for (const file of reached) for (const imported of await importsOf(file)) reached.add(imported);
  return reached;
}

test('every file of shared/ is reached by both daemons, but for those that say why not', async () => {
  const [shared, sender, receiver] = await Promise.all([sourcesOf('shared'), reachedFrom('sender'), reachedFrom('receiver')]);
  const alone = shared.filter((file) => !sender.has(file) || !receiver.has(file));
  expect(alone.sort()).toEqual(Object.keys(allowed).sort());
});
