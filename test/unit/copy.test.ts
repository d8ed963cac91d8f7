import { createHash } from 'node:crypto';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Block } from '../../protocol/frame.ts';
import { Copy, type Pull } from '../../receiver/disks/copy.ts';
import { blockCount, extentOf, isZero, Root } from '../../shared/model/disk.ts';
import { aFolder, problemOf } from '../support/folder.ts';

const blockSize = 4096;
const { signal } = new AbortController();
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A disk from a picture: `a` to `z` are blocks of that letter, `.` is a block of zeros; the last block is short. */
function aDisk(picture: string, lastLength = blockSize): Buffer {
  const blocks = picture.split('').map((letter) => Buffer.alloc(blockSize, letter === '.' ? 0 : letter));
  return Buffer.concat(blocks).subarray(0, (picture.length - 1) * blockSize + lastLength);
}

interface Offer {
  readonly digests: (string | null)[];
  readonly root: string;
  /** The blocks that were pulled, in order. */
  readonly pulled: number[];
  readonly pull: Pull;
}

/** A disk as a sender offers it. */
function offerOf(disk: Buffer): Offer {
  const root = new Root(disk.length, blockSize);
  const blocks = Array.from({ length: blockCount(disk.length, blockSize) }, (_, index): Block => {
    const { offset, length } = extentOf(index, disk.length, blockSize);
    const bytes = disk.subarray(offset, offset + length);
    return { offset, digest: sha256(bytes), bytes };
  });
  const digests = blocks.map(({ bytes, digest }) => (isZero(bytes) ? null : digest));
  for (const digest of digests) root.add(digest);
  const pulled: number[] = [];
  const pull: Pull = async (block) => {
    pulled.push(block);
    return blocks[block] as Block;
  };
  return { digests, root: root.value(), pulled, pull };
}

/** A copy in a new folder, or one that finds `left` in its file. */
async function aCopy(size: number, left?: Buffer): Promise<{ copy: Copy; path: string }> {
  const path = join(await aFolder(), 'disk.part');
  if (left !== undefined) await writeFile(path, left);
  return { copy: await Copy.open(path, size, blockSize), path };
}

async function fill(copy: Copy, { digests, root, pull }: Offer) {
  await copy.take(0, digests, pull, 4, signal);
  return copy.seal(root, pull, signal);
}

test('a fresh copy pulls what is not zeros, leaves holes and is equal to the disk, the last short block too', async () => {
  const disk = aDisk('a.b..c', 100);
  const offer = offerOf(disk);
  const { copy, path } = await aCopy(disk.length);
  expect(await fill(copy, offer)).toEqual({
    root: offer.root,
    blocks: 6,
    zero: 3,
    pulled: 3,
    reused: 0,
    bytes_pulled: 2 * blockSize + 100,
  });
  await copy.close();
  expect((await readFile(path)).equals(disk)).toBe(true);
  expect(offer.pulled.sort((a, b) => a - b)).toEqual([0, 2, 5]);
  expect((await stat(path)).blocks * 512).toBeLessThanOrEqual(3 * blockSize + blockSize);
});

test('whatever an earlier copy left, the copy becomes equal, and no block that is there is pulled', async () => {
  const picture = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(picture, picture, fc.integer({ min: 1, max: blockSize }), async (was, is, lastLength) => {
      const [left, disk] = [aDisk(was), aDisk(is, lastLength)];
      const offer = offerOf(disk);
      const { copy, path } = await aCopy(disk.length, left);
      const counts = await fill(copy, offer);
      await copy.close();
      expect((await readFile(path)).equals(disk)).toBe(true);
      const there = is
        .split('')
        .flatMap((letter, index) => (letter !== '.' && letter === was[index] && index < is.length - 1 ? [index] : []));
      expect(offer.pulled.filter((block) => there.includes(block))).toEqual([]);
      expect(counts.zero + counts.pulled + counts.reused).toBe(is.length);
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('a copy that is opened again after a cut pulls only the rest', async () => {
  const disk = aDisk('abcdef');
  const offer = offerOf(disk);
  const { copy, path } = await aCopy(disk.length);
  await copy.take(0, offer.digests.slice(0, 4), offer.pull, 2, signal);
  await copy.close();
  const again = await Copy.open(path, disk.length, blockSize);
  const rest = offerOf(disk);
  expect(await fill(again, rest)).toMatchObject({ pulled: 2, reused: 4, root: offer.root });
  expect(rest.pulled.sort((a, b) => a - b)).toEqual([4, 5]);
  await again.close();
});

test('bytes that change on our own disk between writing and sealing are seen, and pulled again', async () => {
  const disk = aDisk('ab.d');
  const offer = offerOf(disk);
  const { copy, path } = await aCopy(disk.length);
  await copy.take(0, offer.digests, offer.pull, 4, signal);
  const vandal = await open(path, 'r+');
  await vandal.write(Buffer.from('x'), 0, 1, blockSize);
  await vandal.write(Buffer.from('x'), 0, 1, 2 * blockSize + 7);
  await vandal.close();
  expect((await copy.seal(offer.root, offer.pull, signal)).root).toBe(offer.root);
  expect(offer.pulled.filter((block) => block === 1)).toHaveLength(2);
  await copy.close();
  expect((await readFile(path)).equals(disk)).toBe(true);
});

test('a block that arrives wrong is asked for three times, then the copy gives up; once wrong is forgiven', async () => {
  const disk = aDisk('ab');
  const offer = offerOf(disk);
  for (const wrongs of [1, 3]) {
    const { copy } = await aCopy(disk.length);
    let asked = 0;
    const pull: Pull = async (block, signal) => {
      const answer = await offer.pull(block, signal);
      if (block !== 1) return answer;
      asked += 1;
      return asked > wrongs ? answer : { ...answer, bytes: Buffer.alloc(blockSize, 'z') };
    };
    const taken = copy.take(0, offer.digests, pull, 1, signal);
    if (wrongs === 1) expect(await taken).toBe(2);
    else expect((await problemOf(taken)).code).toBe('E_BLOCK_MISMATCH');
    expect(asked).toBe(wrongs === 1 ? 2 : 3);
    await copy.close();
  }
});

test('right bytes at a wrong place and bytes of a wrong length are wrong', async () => {
  const disk = aDisk('aa');
  const offer = offerOf(disk);
  for (const twist of [{ offset: blockSize }, { bytes: Buffer.alloc(blockSize - 1, 'a') }]) {
    const { copy } = await aCopy(disk.length);
    const pull: Pull = async (block, signal) => ({ ...(await offer.pull(block, signal)), ...twist });
    expect((await problemOf(copy.take(0, offer.digests.slice(0, 1), pull, 1, signal))).code).toBe('E_BLOCK_MISMATCH');
    await copy.close();
  }
});

test('a page beyond the disk, a seal before every page and another root are refused', async () => {
  const disk = aDisk('abc');
  const offer = offerOf(disk);
  const { copy } = await aCopy(disk.length);
  expect((await problemOf(copy.take(2, offer.digests.slice(0, 2), offer.pull, 1, signal))).code).toBe('E_MALFORMED');
  expect((await problemOf(copy.take(Number.MAX_SAFE_INTEGER, offer.digests, offer.pull, 1, signal))).code).toBe('E_MALFORMED');
  await copy.take(0, offer.digests.slice(0, 2), offer.pull, 1, signal);
  expect((await problemOf(copy.seal(offer.root, offer.pull, signal))).message).toContain('block 2');
  await copy.take(2, offer.digests.slice(2), offer.pull, 1, signal);
  const other = '0'.repeat(64);
  expect((await problemOf(copy.seal(other, offer.pull, signal))).code).toBe('E_ROOT_MISMATCH');
  expect((await copy.seal(offer.root, offer.pull, signal)).root).toBe(offer.root);
  await copy.close();
});

test('a page that is told again with other digests is taken at its last word', async () => {
  const [first, second] = [offerOf(aDisk('ab')), offerOf(aDisk('.c'))];
  const { copy, path } = await aCopy(2 * blockSize);
  await copy.take(0, first.digests, first.pull, 1, signal);
  expect(await copy.take(0, second.digests, second.pull, 1, signal)).toBe(1);
  expect((await copy.seal(second.root, second.pull, signal)).zero).toBe(1);
  await copy.close();
  expect((await readFile(path)).equals(aDisk('.c'))).toBe(true);
});

test('a disk of no bytes is sealed too, and a pull that is given up leaves no block behind as done', async () => {
  const nothing = offerOf(Buffer.alloc(0));
  const { copy } = await aCopy(0);
  expect((await copy.seal(nothing.root, nothing.pull, signal)).blocks).toBe(0);
  await copy.close();
  const offer = offerOf(aDisk('ab'));
  const cut = await aCopy(2 * blockSize);
  const gone = (): Promise<never> => Promise.reject(new Error('The link is cut.'));
  await problemOf(cut.copy.take(0, offer.digests, gone, 1, signal));
  expect(cut.copy.doneBytes).toBe(0);
  expect(await fill(cut.copy, offer)).toMatchObject({ pulled: 2 });
  await cut.copy.close();
});
