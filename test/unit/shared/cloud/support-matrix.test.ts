import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { providers } from '../../../../shared/cloud/all.ts';

const readme = readFileSync(join(import.meta.dirname, '../../../../shared/cloud/README.md'), 'utf8');

test.each(Object.values(providers))('$name has its row in the support matrix, and opens what the row says', (provider) => {
  const row = readme.split('\n').find((line) => line.startsWith(`| \`${provider.name}\``));
  const [, , source = '', destination = ''] = (row ?? '').split('|').map((cell) => cell.trim());
  expect(source !== '' && source !== 'no').toBe(provider.source !== undefined);
  expect(destination !== '' && destination !== 'no').toBe(provider.destination !== undefined);
});

test('every provider is registered under its own name', () => {
  for (const [name, provider] of Object.entries(providers)) expect(provider.name).toBe(name);
});
