import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Copy } from '../../../../../receiver/disks/copy/copy.ts';
import { Flushes } from '../../../../../receiver/disks/copy/flushes.ts';
import { DigestFile } from '../../../../../receiver/disks/store/digest-file.ts';
import { aFolder } from '../../../../support/folder.ts';
import { markedIn } from '../../../../support/marked-in.ts';
import { aCopy, aDisk, offered, pullerOf, someTools } from '../../../../support/offered.ts';

const blockSize = 4096;

interface Some {
  readonly copy: Copy;
  readonly file: FileHandle;
  readonly digests: DigestFile;
  readonly flushes: Flushes;
  /** Flushes if it is time, and waits until that has ended, and the reading after it. */
  readonly soon: () => Promise<void>;
}

/**
 * The flushes of a copy that was given all of a disk, beside its own: another handle of the file,
 * and marks elsewhere.
 */
async function someFlushes(disk: Buffer, size = blockSize): Promise<Some> {
  const offer = offered(disk, { blockSize: size });
  const { copy, path } = await aCopy(offer, someTools());
  await copy.take(0, offer.digests, pullerOf(copy, offer));
  const digests = await DigestFile.open(join(await aFolder(), 'other'), offer.shape);
  const file = await open(path, 'r+');
  onTestFinished(async () => {
    await Promise.all([copy.close(), digests.close(), file.close()]);
  });
  const flushes = new Flushes(copy.file, { file, direct: null, digests });
  const soon = (): Promise<void> => {
    flushes.soon();
    return copy.file.inUse.ended();
  };
  return { copy, file, digests, flushes, soon };
}

/** Lets the clock say what a test says. */
function aClock(): { passes: (ms: number) => void } {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  return { passes: (ms) => void vi.advanceTimersByTime(ms) };
}

const verifiedOf = (copy: Copy): number[] =>
  Array.from({ length: copy.file.blocks.length }, (_, block) => block).filter((block) => copy.file.blocks.isVerified(block));

test('what was written is flushed after ten seconds, not before, and is then durable, marked and read back', async () => {
  const clock = aClock();
  const { copy, digests, flushes, soon } = await someFlushes(aDisk('abc', blockSize));
  flushes.note(0, 3, 'pulled');
  clock.passes(9999);
  await soon();
  expect([flushes.durable, markedIn(digests), verifiedOf(copy)]).toEqual([0, [], []]);
  clock.passes(1);
  await soon();
  expect([flushes.durable, markedIn(digests), verifiedOf(copy)]).toEqual([3, [0, 1, 2], [0, 1, 2]]);
});

test('the next flush is ten seconds after the last, and none is made where nothing was written', async () => {
  const clock = aClock();
  const { digests, flushes, soon } = await someFlushes(aDisk('abc', blockSize));
  clock.passes(10_000);
  await soon();
  expect(flushes.durable).toBe(0);
  await flushes.now();
  expect(flushes.durable).toBe(3);
  flushes.note(1, 1, 'copied');
  await soon();
  expect(markedIn(digests)).toEqual([]);
  clock.passes(10_000);
  await soon();
  expect(markedIn(digests)).toEqual([1]);
});

test('128 MiB are flushed at once, and what is reused is not read back for it', async () => {
  aClock();
  const large = 64 * 1024;
  const { copy, digests, flushes, soon } = await someFlushes(Buffer.alloc(128 * 1024 * 1024), large);
  const count = copy.file.blocks.length;
  flushes.note(0, count - 1, 'reused');
  await soon();
  expect(flushes.durable).toBe(0);
  flushes.note(count - 1, 1, 'reused');
  await soon();
  expect(flushes.durable).toBe(count);
  expect(markedIn(digests)).toHaveLength(count);
  expect(verifiedOf(copy)).toEqual([]);
});

test('zeros hasten no flush, and are marked by the next one', async () => {
  const clock = aClock();
  const { digests, flushes, soon } = await someFlushes(aDisk('a.', blockSize));
  flushes.note(1, 1, 'zero');
  clock.passes(10_000);
  await soon();
  expect(markedIn(digests)).toEqual([]);
  await flushes.now();
  expect(markedIn(digests)).toEqual([1]);
});

test('what is settled while a flush is under way is durable with the next one, which waits for it', async () => {
  const { copy, flushes } = await someFlushes(aDisk('abcd', blockSize));
  copy.file.blocks.forget(3);
  const first = flushes.now();
  copy.file.blocks.settle(3, 'pulled');
  const second = flushes.now();
  await first;
  expect(flushes.durable).toBe(3);
  await second;
  expect(flushes.durable).toBe(4);
});

test('what is written while a flush is under way is neither marked nor read back with it', async () => {
  const clock = aClock();
  const { copy, digests, flushes, soon } = await someFlushes(aDisk('abc', blockSize));
  flushes.note(0, 2, 'pulled');
  clock.passes(10_000);
  flushes.soon();
  flushes.note(2, 1, 'pulled');
  await soon();
  expect([markedIn(digests), verifiedOf(copy)]).toEqual([
    [0, 1],
    [0, 1],
  ]);
});

test('a new offer begins with nothing durable', async () => {
  const { copy } = await someFlushes(aDisk('abc', blockSize));
  await copy.flushes.now();
  expect(copy.flushes.durable).toBe(3);
  copy.begin();
  expect(copy.flushes.durable).toBe(0);
  await copy.flushes.now();
  expect(copy.flushes.durable).toBe(0);
});

test('a flush that fails makes nothing durable, marks nothing, and is told to whoever works next', async () => {
  const clock = aClock();
  const { copy, file, digests, flushes, soon } = await someFlushes(aDisk('abc', blockSize));
  flushes.note(0, 3, 'pulled');
  await file.close();
  clock.passes(10_000);
  flushes.throwIfFailed();
  await soon();
  expect(() => flushes.throwIfFailed()).toThrow('file closed');
  expect([flushes.durable, markedIn(digests), verifiedOf(copy)]).toEqual([0, [], []]);
  await expect(flushes.now()).rejects.toThrow('file closed');
});

/** A file whose next flush fails as the kernel lets it fail. */
function failingOnce(file: FileHandle, code: 'ENOSPC' | 'EIO'): FileHandle {
  let left = 1;
  const datasync = async (): Promise<void> => {
    left -= 1;
    if (left >= 0) throw Object.assign(new Error(`${code}: fdatasync`), { code });
    await file.datasync();
  };
  return { datasync } as FileHandle;
}

test('a flush that a full disk lets fail is told once, and is made again by whoever works next', async () => {
  const clock = aClock();
  const { copy, file, digests } = await someFlushes(aDisk('abc', blockSize));
  const flushes = new Flushes(copy.file, { file: failingOnce(file, 'ENOSPC'), direct: null, digests });
  const soon = (): Promise<void> => {
    flushes.soon();
    return copy.file.inUse.ended();
  };
  flushes.note(0, 3, 'pulled');
  clock.passes(10_000);
  await soon();
  expect(() => flushes.throwIfFailed()).toThrow('ENOSPC');
  flushes.throwIfFailed();
  expect([flushes.durable, markedIn(digests), verifiedOf(copy)]).toEqual([0, [], []]);
  await soon();
  flushes.throwIfFailed();
  expect([flushes.durable, markedIn(digests)]).toEqual([3, [0, 1, 2]]);
});

test('a disk that fails a flush is not trusted again, for its pages may be gone', async () => {
  const clock = aClock();
  const { copy, file, digests } = await someFlushes(aDisk('abc', blockSize));
  const flushes = new Flushes(copy.file, { file: failingOnce(file, 'EIO'), direct: null, digests });
  flushes.note(0, 3, 'pulled');
  clock.passes(10_000);
  for (let turn = 0; turn < 2; turn += 1) {
    flushes.soon();
    await copy.file.inUse.ended();
    expect(() => flushes.throwIfFailed()).toThrow('EIO');
    expect(() => flushes.throwIfFailed()).toThrow('EIO');
  }
});

test('where the reading after a flush fails the next page is refused, and the copy closes all the same and keeps what was flushed', async () => {
  const clock = aClock();
  const offer = offered(aDisk('abc', blockSize));
  const tools = someTools();
  const { copy, path } = await aCopy(offer, tools);
  const puller = pullerOf(copy, offer);
  await copy.take(0, offer.digests, puller);
  // What is read back is read by worker threads; a page that is there already needs none.
  await tools.workers.close();
  clock.passes(10_000);
  await copy.take(0, offer.digests, puller);
  await copy.file.inUse.ended();
  expect(copy.flushes.durable).toBe(3);
  await expect(copy.take(0, offer.digests, puller)).rejects.toMatchObject({ code: 'E_CANCELLED' });
  await copy.close();
  const again = await aCopy(offer, someTools(), dirname(path));
  expect([0, 1, 2].filter((block) => again.copy.file.holds(block))).toEqual([0, 1, 2]);
  await again.copy.close();
});

test('a copy that is closed while its last page comes is flushed, and not read any more', async () => {
  const clock = aClock();
  const offer = offered(aDisk('abc', blockSize));
  const { copy } = await aCopy(offer, someTools());
  clock.passes(10_000);
  const taken = copy.take(0, offer.digests, pullerOf(copy, offer));
  await copy.close();
  const ended = copy.file.inUse.ended().then(() => 'at rest');
  expect(await Promise.race([ended, setImmediate('still at work')])).toBe('at rest');
  expect([await taken, copy.flushes.durable, verifiedOf(copy)]).toEqual([3, 3, []]);
});
