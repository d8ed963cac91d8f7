import { execFile } from 'node:child_process';
import { copyFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bin } from './daemons.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/**
 * Builds both programs into the folder `dist` of a folder, and puts beside them what they need, as
 * an installation has it. Node reads TypeScript there no more, which takes memory in every thread.
 */
export async function buildInto(folder: string): Promise<void> {
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')], { cwd: root });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await copyFile(join(root, 'package.json'), join(folder, 'package.json'));
}

/** The script of a program that was built. */
export const builtScriptOf = (folder: string, bin: Bin): string => join(folder, 'dist', bin, 'main.js');
