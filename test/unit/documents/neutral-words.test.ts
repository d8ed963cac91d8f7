import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** Nova's names for the states of a server, as code would compare them. */
const novaWords =
  /(['"`])(ACTIVE|SHUTOFF|SHELVED|SHELVED_OFFLOADED|PAUSED|SUSPENDED|RESCUE|ERROR|BUILD|REBOOT|VERIFY_RESIZE)\1|\b(ACTIVE|SHUTOFF|SHELVED|PAUSED)\b/;

/** Where Nova's words are at home. */
const home = join('shared', 'cloud', 'openstack');

async function linesWithNovaWords(): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob('{sender,receiver,protocol,shared}/**/*.{ts,md}', { cwd: root })) {
    if (file.startsWith(join(home, '/'))) continue;
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    found.push(...lines.flatMap((line, index) => (novaWords.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])));
  }
  return found;
}

test('no OpenStack word for the state of a server stands outside shared/cloud/openstack/', async () => {
  expect(await linesWithNovaWords()).toEqual([]);
});

test('a state that is compared with a word of Nova’s is noticed', () => {
  expect("if (server.status === 'ERROR') return;").toMatch(novaWords);
  expect('`Server is SHUTOFF`').toMatch(novaWords);
  expect("throw new Problem('E_BUG', 'An ERROR is no word of theirs.')").not.toMatch(novaWords);
});
