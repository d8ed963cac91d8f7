import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { aFolder } from '../support/folder.ts';
import { buildInto } from '../support/installed.ts';

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
  await buildInto(folder);
  await writeFile(join(folder, 'main.js'), program);
  const { stdout } = await run(process.execPath, [join(folder, 'main.js')]);
  expect(stdout).toBe('32\n');
}, 120_000);
