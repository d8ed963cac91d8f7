import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Problem } from '../../problem.ts';
import { cancelled } from './transport.ts';

const run = promisify(execFile);

interface ImageInfo {
  readonly 'backing-filename'?: string;
  readonly 'full-backing-filename'?: string;
  readonly 'format-specific'?: { readonly data?: { readonly 'data-file'?: string } };
}

/** Glance's names of formats that qemu-img calls otherwise. */
const qemuNames: Readonly<Record<string, string>> = { vhd: 'vpc' };

/**
 * Converts an image file to a sparse raw one with qemu-img(1). An image that refers to other files is refused: it comes from a tenant,
 * and the files it names would be ours. Throws E_MISSING_TOOL, E_UNSUPPORTED, E_DISK_FULL, E_CANCELLED.
 */
export async function convertToRaw(from: string, format: string, to: string, signal: AbortSignal): Promise<void> {
  const qemuFormat = qemuNames[format] ?? format;
  const { stdout } = await qemuImg(['info', '--output=json', '-f', qemuFormat, from], signal);
  const info = JSON.parse(stdout) as ImageInfo;
  if (info['backing-filename'] ?? info['full-backing-filename'] ?? info['format-specific']?.data?.['data-file'])
    throw new Problem('E_UNSUPPORTED', `The image in ${from} refers to another file; it is not read.`, { about: from });
  await qemuImg(['convert', '-f', qemuFormat, '-O', 'raw', '-S', '4k', from, to], signal);
}

async function qemuImg(args: readonly string[], signal: AbortSignal): Promise<{ stdout: string }> {
  try {
    return await run('qemu-img', args, { signal, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT')
      throw new Problem('E_MISSING_TOOL', 'qemu-img is not installed; it is needed to read images that are not raw.', {
        about: 'qemu-img',
      });
    if (/no space left/i.test(stderr)) throw new Problem('E_DISK_FULL', `qemu-img: ${stderr.trim()}.`, { cause: error });
    throw new Problem('E_UNSUPPORTED', `qemu-img ${args[0]} failed: ${stderr.trim() || String(error)}.`, { cause: error });
  }
}
