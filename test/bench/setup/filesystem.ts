import { rm, writeFile } from 'node:fs/promises';
import { shell, tool } from '../lab/tool.ts';

/**
 * What stands in a new file system: a folder, a file whose bytes are in a file here, or a symbolic
 * link. Paths are absolute.
 */
export type Entry =
  | { readonly is: 'folder'; readonly path: string }
  | { readonly is: 'file'; readonly path: string; readonly from: string }
  | { readonly is: 'link'; readonly path: string; readonly to: string };

/**
 * Every time stamp in the file systems we make: seconds since 1970, the same on every day they are
 * made.
 */
const epoch = '1700000000';

/**
 * Makes an ext4 file system without mounting it; a UUID of its own makes two installations differ
 * as real ones do.
 */
export async function makeFilesystem(image: string, bytes: number, uuid: string): Promise<void> {
  const options = ['-q', '-F', '-t', 'ext4', '-L', 'root', '-U', uuid, '-E', `hash_seed=${uuid},lazy_itable_init=0`, '-m', '1'];
  await tool('mke2fs', [...options, image, `${Math.floor(bytes / 1024)}k`], { E2FSPROGS_FAKE_TIME: epoch });
}

/**
 * Writes entries into an ext4 file system, in their order, which decides where their bytes lie; see
 * debugfs(8).
 */
export async function writeEntries(image: string, entries: readonly Entry[]): Promise<void> {
  const script = `${image}.debugfs`;
  const lines = [`set_current_time @${epoch}`];
  for (const entry of entries) {
    if (entry.is === 'folder') lines.push(`mkdir "${entry.path}"`);
    else if (entry.is === 'link') lines.push(`symlink "${entry.path}" "${entry.to}"`);
    else lines.push(`write "${entry.from}" "${entry.path}"`);
  }
  await writeFile(script, `${lines.join('\n')}\n`);
  // It ends well whatever happens; what went wrong stands on stderr, below its version.
  const complaints = await shell(`debugfs -w -f ${script} ${image} 2>&1 >/dev/null`);
  const [, ...failures] = complaints.trim().split('\n');
  if (failures.length > 0) throw new Error(`debugfs could not write all: ${failures.slice(0, 5).join('; ')}`);
  await rm(script);
}

/** Throws where the file system is not sound; see e2fsck(8). */
export async function checkFilesystem(image: string): Promise<void> {
  await tool('e2fsck', ['-fn', image]);
}
