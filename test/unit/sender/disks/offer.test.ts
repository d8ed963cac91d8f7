import { randomBytes } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { algorithms, digestOf } from '../../../../shared/disk/block-digest.ts';
import type { BlockSource } from '../../../../shared/disk/block-source.ts';
import { openFile } from '../../../../shared/disk/file.ts';
import { WorkerPool } from '../../../../shared/disk/worker-pool.ts';
import { blockBytes, pageBytes, pieceBytes } from '../../../../shared/model/disk.ts';
import { Problem } from '../../../../shared/problem.ts';
import { aFolder, problemOf } from '../../../support/folder.ts';
import { aForeignDisk, PlainReceiver, sendTo } from './a-sender.ts';

/**
 * A disk of several pages: noise, text, zeros of more than a page, and a last block that is short.
 */
function aDisk(): Buffer {
  return Buffer.concat([
    randomBytes(5 * blockBytes),
    Buffer.alloc(70 * blockBytes),
    Buffer.alloc(pageBytes, 'the quick brown fox '),
    Buffer.alloc(3 * blockBytes),
    randomBytes(100),
  ]);
}

/** A disk as a file. */
async function aFileOf(disk: Buffer): Promise<{ source: BlockSource; path: string }> {
  const path = join(await aFolder(), 'disk.raw');
  await writeFile(path, disk);
  const source = await openFile(path);
  return { source, path };
}

test.each(algorithms)('a disk arrives whole, named by %s, and zeros are told as holes', async (algorithm) => {
  const disk = aDisk();
  const { source } = await aFileOf(disk);
  const receiver = new PlainReceiver(disk.length, algorithm);
  const heard: number[] = [];
  const features = algorithm === 'blake3' ? ['blake3'] : [];
  const sealed = await sendTo(receiver, source, { features, onDisk: (_, __, done) => heard.push(done) });
  expect(receiver.copy.equals(disk)).toBe(true);
  expect(sealed).toMatchObject({ size: disk.length, block_size: blockBytes });
  expect(heard.at(-1)).toBe(disk.length);
  expect(heard).toEqual(heard.toSorted((a, b) => a - b));
  expect(receiver.pulled.some((block) => disk.subarray(block * blockBytes, (block + 1) * blockBytes).every((b) => b === 0))).toBe(
    false,
  );
});

test('a receiver that answers a seal with another root than was offered is not believed', async () => {
  const { source } = await aFileOf(aDisk());
  const receiver = new PlainReceiver(source.size);
  const answering = {
    handlers(connection: Parameters<PlainReceiver['handlers']>[0]) {
      const honest = receiver.handlers(connection);
      const seal = async (...given: Parameters<NonNullable<(typeof honest)['disk.seal']>>) => {
        const sealed = await honest['disk.seal']?.(...given);
        if (sealed === undefined) throw new Error('Nothing was sealed.');
        return { ...sealed, root: 'f'.repeat(64) };
      };
      return { ...honest, 'disk.seal': seal };
    },
  };
  expect((await problemOf(sendTo(answering, source))).code).toBe('E_ROOT_MISMATCH');
});

test('what the extents call zeros is never read, and goes over as one hole', async () => {
  const disk = Buffer.alloc(10 * pageBytes);
  randomBytes(blockBytes).copy(disk, 7 * pageBytes + 3 * blockBytes);
  const at = 7 * pageBytes + 3 * blockBytes;
  const { source, read } = aForeignDisk(disk, [
    { offset: 0, length: at, zero: true },
    { offset: at, length: blockBytes, zero: false },
    { offset: at + blockBytes, length: disk.length - at - blockBytes, zero: true },
  ]);
  const receiver = new PlainReceiver(disk.length);
  await sendTo(receiver, source);
  expect(receiver.copy.equals(disk)).toBe(true);
  expect(read).toEqual([[at, blockBytes]]);
  expect(receiver.holes).toEqual([
    [0, at / blockBytes],
    [at / blockBytes + 1, (disk.length - at) / blockBytes - 1],
  ]);
});

test('extents with a gap are a defect, for what lies in it would be lost', async () => {
  const disk = Buffer.alloc(4 * blockBytes, 'x');
  const gap = [
    { offset: 0, length: blockBytes, zero: false },
    { offset: 2 * blockBytes, length: 2 * blockBytes, zero: false },
  ];
  for (const extents of [gap, gap.slice(0, 1)]) {
    const { source } = aForeignDisk(disk, extents);
    expect((await problemOf(sendTo(new PlainReceiver(disk.length), source))).code).toBe('E_BUG');
  }
});

test('a page that is answered already is read again, and given out only as it was told', async () => {
  const disk = Buffer.concat([randomBytes(pageBytes), Buffer.alloc(pageBytes, 'second')]);
  const { source, path } = await aFileOf(disk);
  const receiver = new PlainReceiver(disk.length);
  const answered = Promise.withResolvers<void>();
  receiver.onPage = async (first) => {
    if (first === 0) return;
    // The first page is let go of when its answer has arrived.
    await answered.promise;
    expect((await receiver.pull(3, 2)).equals(disk.subarray(3 * blockBytes, 5 * blockBytes))).toBe(true);
    const vandal = await open(path, 'r+');
    await vandal.write('x', 5 * blockBytes);
    await vandal.close();
    expect((await problemOf(receiver.pull(3, 2))).code).toBe('E_DISK_CHANGED');
    expect((await problemOf(receiver.refine(5, 1))).code).toBe('E_DISK_CHANGED');
    checked = true;
  };
  let checked = false;
  await sendTo(receiver, source, { onDisk: () => answered.resolve() });
  expect(checked).toBe(true);
});

test('a refinement names the pieces of blocks, and a pull may reach over pages', async () => {
  const disk = randomBytes(2 * pageBytes);
  const { source } = await aFileOf(disk);
  const receiver = new PlainReceiver(disk.length);
  receiver.onPage = async (first) => {
    if (first === 0) return;
    const named = await receiver.refine(63, 2);
    const pieces = Array.from({ length: 32 }, (_, index) => {
      const at = 63 * blockBytes + index * pieceBytes;
      return digestOf('sha256', disk.subarray(at, at + pieceBytes)).subarray(0, 8);
    });
    expect(named.equals(Buffer.concat(pieces))).toBe(true);
    expect((await receiver.pull(60, 10)).equals(disk.subarray(60 * blockBytes, 70 * blockBytes))).toBe(true);
  };
  await sendTo(receiver, source);
});

test('what is not of the disk, and what was not named yet, is refused', async () => {
  const disk = randomBytes(4 * pageBytes);
  const { source } = await aFileOf(disk);
  const receiver = new PlainReceiver(disk.length);
  const codes: string[] = [];
  receiver.onPage = async (first) => {
    if (first > 0) return;
    const far = receiver.connection?.request('disk.pull', { handle: 1, pieces: [[disk.length / pieceBytes, 1]] });
    codes.push((await problemOf(far as Promise<unknown>)).code);
    const other = receiver.connection?.request('disk.pull', { handle: 2, pieces: [[0, 1]] });
    codes.push((await problemOf(other as Promise<unknown>)).code);
  };
  await sendTo(receiver, source, { workers: new WorkerPool({ size: 1, buffers: 1 }) });
  expect(codes).toEqual(['E_MALFORMED', 'E_NOT_FOUND']);
});

test('a connection that is lost in the middle is replaced, and what arrived is not pulled again', async () => {
  const disk = randomBytes(6 * pageBytes);
  const { source } = await aFileOf(disk);
  const receiver = new PlainReceiver(disk.length);
  let cuts = 0;
  receiver.onPage = async (first) => {
    if (first !== 3 * 64 || cuts > 0) return;
    cuts += 1;
    await receiver.connection?.close('The link is cut.');
  };
  await sendTo(receiver, source);
  expect(cuts).toBe(1);
  expect(receiver.copy.equals(disk)).toBe(true);
  expect(new Set(receiver.pulled).size).toBe(disk.length / blockBytes);
  expect(receiver.pulled.length).toBeLessThan(disk.length / blockBytes + 10);
});

test('a source that fails ends the copy with its own problem, and all memory is given back', async () => {
  const workers = new WorkerPool({ size: 2, buffers: 2 });
  onTestFinished(() => workers.close());
  const disk = randomBytes(6 * pageBytes);
  const { source } = aForeignDisk(disk);
  const failing: BlockSource = {
    ...source,
    read: (offset, length, into) =>
      offset > 3 * pageBytes
        ? Promise.reject(new Problem('E_CLOUD_UNREACHABLE', 'The snapshot is gone.'))
        : source.read(offset, length, into),
  };
  expect((await problemOf(sendTo(new PlainReceiver(disk.length), failing, { workers }))).code).toBe('E_CLOUD_UNREACHABLE');
  const { signal } = new AbortController();
  for (const buffer of [await workers.buffer({}, signal), await workers.buffer({}, signal)]) buffer.release();
});

test('a copy that is given up ends at once with the reason', async () => {
  const disk = randomBytes(6 * pageBytes);
  const { source } = await aFileOf(disk);
  const receiver = new PlainReceiver(disk.length);
  const over = new AbortController();
  receiver.onPage = async () => over.abort(new Problem('E_CANCELLED', 'The operator asked for it.'));
  expect((await problemOf(sendTo(receiver, source, { signal: over.signal }))).code).toBe('E_CANCELLED');
});

test('a file that shrinks while it is read is noticed', async () => {
  const disk = randomBytes(3 * pageBytes);
  const { source, path } = await aFileOf(disk);
  const short: BlockSource = { ...source, size: disk.length + blockBytes, origin: { kind: 'file', path } };
  expect((await problemOf(sendTo(new PlainReceiver(short.size), short))).code).toBe('E_DISK_CHANGED');
});

test('a disk of no bytes is sealed too', async () => {
  const { source } = aForeignDisk(Buffer.alloc(0));
  expect((await sendTo(new PlainReceiver(0), source)).blocks).toBe(0);
});
