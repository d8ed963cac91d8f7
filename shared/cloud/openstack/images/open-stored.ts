import { access, constants, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { BlockSource } from '../../../disk/block-source.ts';
import { openFile } from '../../../disk/file.ts';
import { holesOf } from '../../../disk/holes.ts';
import { serveImage } from '../../../nbd/qemu-nbd.ts';
import { convertToRaw, qemuFormat, refuseUnreadable } from './qemu-img.ts';

/**
 * Opens a stored image: raw directly, others through qemu-nbd, or converted to raw without it.
 * Images are untrusted: the format is never guessed; what is encrypted or refers to other files is
 * refused.
 * Throws E_UNSUPPORTED, E_MISSING_TOOL, E_NBD, E_DISK_FULL.
 */
export async function openStored(path: string, format: string, signal: AbortSignal): Promise<BlockSource> {
  if (format === 'raw') return openRaw(path);
  await refuseUnreadable(path, format, signal);
  if (await isInstalled('qemu-nbd')) return serveImage(path, qemuFormat(format), signal);
  const copy = `${path}.raw`;
  await convertToRaw(path, format, copy, signal);
  const source = await openRaw(copy);
  return {
    ...source,
    close: async () => {
      await source.close();
      await rm(copy, { force: true });
    },
  };
}

/** A raw file; it has extents if qemu-img is installed to find its holes. */
async function openRaw(path: string): Promise<BlockSource> {
  const file = await openFile(path);
  const withHoles = (await isInstalled('qemu-img')) ? { extents: (signal: AbortSignal) => holesOf(path, file.size, signal) } : {};
  return { ...file, origin: { kind: 'file', path }, ...withHoles };
}

/** Whether a command is on the PATH. */
async function isInstalled(command: string): Promise<boolean> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const found = await access(join(folder, command), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
