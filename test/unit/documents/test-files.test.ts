import { existsSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const tests: string[] = [];
for await (const file of glob('{sender,receiver,protocol,shared}/**/*.test.ts', { cwd: join(root, 'test/unit') }))
  tests.push(file);

test('no two files of tests have the same name', async () => {
  const names: string[] = [];
  for await (const file of glob('test/**/*.test.ts', { cwd: root })) names.push(basename(file));
  expect(names.length).toBeGreaterThan(tests.length);
  expect(tests.length).toBeGreaterThan(100);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('every folder of unit tests mirrors a folder of the product', () => {
  const folders = [...new Set(tests.map((file) => dirname(file)))];
  expect(folders.filter((folder) => !existsSync(join(root, folder)))).toEqual([]);
});
