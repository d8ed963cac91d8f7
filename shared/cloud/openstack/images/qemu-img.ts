import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Bounds, confined, notFound } from '../../../confined.ts';
import { Problem } from '../../../problem.ts';
import { cancelled } from '../session/transport.ts';

const run = promisify(execFile);

/** Limits for reading a header, which is fast; Nova and Glance use the same. */
const briefly: Bounds = { memoryBytes: 1024 ** 3, cpuSeconds: 30 };
/** Limits for a conversion, whose duration depends on the size of the image. */
const atLength: Bounds = { memoryBytes: 4 * 1024 ** 3 };

interface ImageInfo {
  readonly 'backing-filename'?: string;
  readonly 'full-backing-filename'?: string;
  readonly 'format-specific'?: {
    readonly data?: { readonly 'data-file'?: string; readonly extents?: readonly { readonly filename?: string }[] };
  };
}

/** Glance's format names that differ from QEMU's. */
const qemuNames: Readonly<Record<string, string>> = { vhd: 'vpc' };

/** QEMU's name of a format of Glance. */
export const qemuFormat = (format: string): string => qemuNames[format] ?? format;

/**
 * Refuses an image that refers to other files: they would be ours. The qcow2 header is checked
 * first, because QEMU opens its data file. Throws E_MISSING_TOOL, E_UNSUPPORTED.
 */
export async function refuseReferences(path: string, format: string, signal: AbortSignal): Promise<void> {
  if (format === 'qcow2' && (await namesFiles(path))) throw refersElsewhere(path);
  const { stdout } = await qemuImg(['info', '--output=json', '-f', qemuFormat(format), path], briefly, signal);
  const info = JSON.parse(stdout) as ImageInfo;
  const own = info['format-specific']?.data;
  const elsewhere = own?.extents?.some(({ filename }) => filename !== undefined && filename !== path) ?? false;
  if (elsewhere || (info['backing-filename'] ?? info['full-backing-filename'] ?? own?.['data-file'])) throw refersElsewhere(path);
}

/**
 * Converts an image file, whose references were refused, to a sparse raw one with qemu-img(1).
 * Throws E_MISSING_TOOL, E_UNSUPPORTED, E_DISK_FULL, E_CANCELLED.
 */
export async function convertToRaw(from: string, format: string, to: string, signal: AbortSignal): Promise<void> {
  await qemuImg(['convert', '-f', qemuFormat(format), '-O', 'raw', '-S', '4k', from, to], atLength, signal);
}

/**
 * Whether a qcow2 header names a backing file (byte 8) or an external data file (bit 2 of the
 * incompatible features, byte 72); see QEMU, docs/interop/qcow2.
 */
async function namesFiles(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(80);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    if (bytesRead < 72) return false;
    const external = head.readUInt32BE(4) >= 3 && (head.readBigUInt64BE(72) & 4n) !== 0n;
    return external || head.readBigUInt64BE(8) !== 0n;
  } finally {
    await file.close();
  }
}

function refersElsewhere(path: string): Problem {
  return new Problem('E_UNSUPPORTED', `The image in ${path} refers to another file; it is not read.`, { about: path });
}

async function qemuImg(args: readonly string[], bounds: Bounds, signal: AbortSignal): Promise<{ stdout: string }> {
  const [command, ...rest] = await confined(['qemu-img', ...args], bounds);
  try {
    return await run(command, rest, { signal, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT' || code === notFound)
      throw new Problem('E_MISSING_TOOL', 'qemu-img is not installed; it is needed to read images that are not raw.', {
        about: 'qemu-img',
      });
    if (/no space left/i.test(stderr))
      throw new Problem('E_DISK_FULL', `There is no room left (${stderr.trim()}).`, { cause: error });
    throw new Problem('E_UNSUPPORTED', `qemu-img ${args[0]} failed: ${stderr.trim() || String(error)}.`, { cause: error });
  }
}
