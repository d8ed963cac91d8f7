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
  readonly encrypted?: boolean;
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
 * Refuses an image that cannot be read: one that is encrypted, has features that nobody here knows,
 * or refers to other files, which would be ours. The qcow2 header is checked first, because QEMU
 * opens its data file. Throws E_MISSING_TOOL, E_UNSUPPORTED.
 */
export async function refuseUnreadable(path: string, format: string, signal: AbortSignal): Promise<void> {
  if (format === 'qcow2') await checkQcow2(path);
  const { stdout } = await qemuImg(['info', '--output=json', '-f', qemuFormat(format), path], briefly, signal);
  const info = JSON.parse(stdout) as ImageInfo;
  if (info.encrypted === true) throw encrypted(path);
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

/** Incompatible features that QEMU 7.2 knows: dirty, corrupt, data file, compression, L2. */
const knownFeatures = 0b1_1111n;
const externalData = 0b100n;

/**
 * Looks at a qcow2 header (QEMU, docs/interop/qcow2): the backing file at byte 8, the encryption at
 * byte 32, and from version 3 the incompatible features at byte 72.
 */
async function checkQcow2(path: string): Promise<void> {
  const head = Buffer.alloc(80);
  const file = await open(path, 'r');
  try {
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    if (bytesRead < 72) return;
  } finally {
    await file.close();
  }
  if (head.readUInt32BE(32) !== 0) throw encrypted(path);
  const features = head.readUInt32BE(4) >= 3 ? head.readBigUInt64BE(72) : 0n;
  if ((features & ~knownFeatures) !== 0n)
    throw new Problem('E_UNSUPPORTED', `The image in ${path} has features of qcow2 that are not known here (${features}).`, {
      about: path,
    });
  if ((features & externalData) !== 0n || head.readBigUInt64BE(8) !== 0n) throw refersElsewhere(path);
}

function encrypted(path: string): Problem {
  return new Problem('E_UNSUPPORTED', `The image in ${path} is encrypted, and only its cloud has the key.`, { about: path });
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
