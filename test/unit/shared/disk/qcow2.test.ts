import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { BlockSource, Extent } from '../../../../shared/disk/block-source.ts';
import { openFile } from '../../../../shared/disk/file.ts';
import { asQcow2 } from '../../../../shared/disk/qcow2.ts';
import { hasQemu } from '../../../support/qemu.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

/** A disk with data in some places, told as such; every byte of data tells where it lies. */
function aDisk(size: number, data: readonly { readonly offset: number; readonly length: number }[]): BlockSource {
  const sorted = [...data].sort((a, b) => a.offset - b.offset);
  return {
    size,
    async read(offset, length, into = Buffer.allocUnsafe(length)) {
      const bytes = into.subarray(0, length).fill(0);
      for (const run of sorted) {
        const from = Math.max(offset, run.offset);
        const to = Math.min(offset + length, run.offset + run.length);
        for (let at = from; at < to; at++) bytes[at - offset] = 1 + ((at + (at >>> 9)) % 255);
      }
      return bytes;
    },
    async *extents(): AsyncGenerator<Extent> {
      let end = 0;
      for (const run of sorted) {
        const from = Math.max(end, run.offset);
        const to = Math.min(size, run.offset + run.length);
        if (to <= from) continue;
        if (from > end) yield { offset: end, length: from - end, zero: true };
        yield { offset: from, length: to - from, zero: false };
        end = to;
      }
      if (end < size) yield { offset: end, length: size - end, zero: true };
    },
    close: async () => undefined,
  };
}

async function presented(disk: BlockSource): Promise<BlockSource> {
  const file = await asQcow2(disk, soon());
  if (file === null) throw new Error('the disk tells its zeros');
  return file;
}

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'qcow2-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function written(source: BlockSource, path: string): Promise<string> {
  const file = await open(path, 'w');
  const stride = 4 * MiB;
  const zeros = Buffer.alloc(stride);
  for (let offset = 0; offset < source.size; offset += stride) {
    const bytes = await source.read(offset, Math.min(stride, source.size - offset));
    if (!bytes.equals(zeros.subarray(0, bytes.length))) await file.write(bytes, 0, bytes.length, offset);
  }
  await file.truncate(source.size);
  await file.close();
  return path;
}

/** Writes the disk as it is, from what it tells of itself. */
async function writtenRaw(disk: BlockSource, path: string): Promise<string> {
  const file = await open(path, 'w');
  for await (const { offset, length, zero } of disk.extents?.(soon()) ?? [])
    if (!zero) await file.write(await disk.read(offset, length), 0, length, offset);
  await file.truncate(disk.size);
  await file.close();
  return path;
}

const qemuImg = (...args: string[]): string => execFileSync('qemu-img', args).toString();

/** Has QEMU check the file and compare what a guest sees with the disk. */
async function expectQemuAgrees(disk: BlockSource, folder: string): Promise<void> {
  const file = await written(await presented(disk), join(folder, 'disk.qcow2'));
  const raw = await writtenRaw(disk, join(folder, 'disk.raw'));
  expect(qemuImg('check', '-f', 'qcow2', file)).toContain('No errors were found');
  expect(qemuImg('compare', '-f', 'raw', '-F', 'qcow2', raw, file)).toContain('Images are identical');
  const info = JSON.parse(qemuImg('info', '-f', 'qcow2', '--output=json', file)) as { 'virtual-size': number };
  expect(info['virtual-size']).toBe(Math.ceil(disk.size / 512) * 512);
}

const runs = (size: number): fc.Arbitrary<{ offset: number; length: number }[]> =>
  fc.array(fc.record({ offset: fc.nat(size - 1), length: fc.integer({ min: 1, max: 300 * KiB }) }), { maxLength: 12 });

describe('a disk that tells its zeros, as a qcow2 file,', () => {
  test.skipIf(!hasQemu())('is right by QEMU, whatever the disk is like (needs qemu-img)', { timeout: 60_000 }, async () => {
    const folder = await aFolder();
    const disks = fc.integer({ min: 1, max: 8 * MiB }).chain((size) => fc.record({ size: fc.constant(size), data: runs(size) }));
    await fc.assert(
      fc.asyncProperty(disks, ({ size, data }) => expectQemuAgrees(aDisk(size, data), folder)),
      { numRuns: 25 },
    );
  });

  test.skipIf(!hasQemu())('is right by QEMU where it has many tables (needs qemu-img)', { timeout: 60_000 }, async () => {
    const data = [0, 1, 3, 511, 512, 1025, 4099].map((mib) => ({ offset: mib * MiB + 12_345, length: 200 * KiB }));
    await expectQemuAgrees(aDisk(5 * GiB + 7 * 512, data), await aFolder());
  });

  test.skipIf(!hasQemu())(
    'is right by QEMU where one refcount block does not suffice (needs qemu-img)',
    { timeout: 60_000 },
    async () => {
      const folder = await aFolder();
      // What is told as data is stored, and reads as zeros here, so that the test takes no room.
      const disk: BlockSource = {
        size: 2 * GiB + 5 * MiB,
        read: async (_, length, into = Buffer.allocUnsafe(length)) => into.subarray(0, length).fill(0),
        async *extents() {
          yield { offset: 0, length: 2 * GiB + 5 * MiB, zero: false };
        },
        close: async () => undefined,
      };
      const source = await presented(disk);
      expect(source.size).toBeGreaterThan(2 * GiB + 5 * MiB);
      expect(qemuImg('check', '-f', 'qcow2', await written(source, join(folder, 'full.qcow2')))).toContain('No errors');
    },
  );

  test('stores nothing that is zero', async () => {
    const file = await presented(aDisk(200 * GiB, [{ offset: 70 * GiB, length: 1 }]));
    // Header, refcount table and block, L1, one L2 and one cluster of data.
    expect(file.size).toBe(6 * 64 * KiB);
    expect((await presented(aDisk(200 * GiB, []))).size).toBe(4 * 64 * KiB);
  });

  test('is the same file however it is read', async () => {
    const disk = aDisk(3 * MiB + 100, [
      { offset: 100_000, length: 1_000_000 },
      { offset: 3 * MiB, length: 100 },
    ]);
    const file = await presented(disk);
    const whole = await file.read(0, file.size);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.size - 1), fc.integer({ min: 1, max: 500_000 }), async (offset, length) => {
        const cut = Math.min(length, file.size - offset);
        expect((await file.read(offset, cut)).equals(whole.subarray(offset, offset + cut))).toBe(true);
      }),
    );
    const again = await presented(disk);
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(digest(await again.read(0, again.size))).toBe(digest(whole));
  });

  test('is not made of extents with a gap, or of a disk without any', async () => {
    const torn: BlockSource = {
      ...aDisk(MiB, []),
      async *extents() {
        yield { offset: 0, length: 1000, zero: true };
        yield { offset: 2000, length: MiB - 2000, zero: true };
      },
    };
    await expect(asQcow2(torn, soon())).rejects.toMatchObject({ code: 'E_BUG' });
    const path = join(await aFolder(), 'raw');
    await writeFile(path, Buffer.alloc(1000));
    const plain = await openFile(path);
    expect((await stat(path)).size).toBe(plain.size);
    expect(await asQcow2(plain, soon())).toBeNull();
    await plain.close();
  });
});
