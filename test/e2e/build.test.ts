import { execFile } from 'node:child_process';
import { copyFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { aFolder } from '../support/folder.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** Has worker threads digest one block of zeros, and prints how many bytes of digest came back. */
const program = `
import { openSync } from 'node:fs';
import { WorkerPool } from './dist/shared/disk/worker-pool.js';
const workers = new WorkerPool({ size: 1 });
const task = { fd: openSync('/dev/zero', 'r'), offset: 0, length: 65536, blockSize: 65536, algorithm: 'sha256' };
console.log((await workers.run('digest', task, { turn: {} })).length);
`;

test('what is built finds its worker threads, and a process whose worker threads have nothing to do ends by itself', async () => {
  const folder = await aFolder();
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')], { cwd: root });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await copyFile(join(root, 'package.json'), join(folder, 'package.json'));
  await writeFile(join(folder, 'main.js'), program);
  const { stdout } = await run(process.execPath, [join(folder, 'main.js')]);
  expect(stdout).toBe('32\n');
}, 120_000);
