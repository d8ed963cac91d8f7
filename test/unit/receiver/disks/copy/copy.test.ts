import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PackedPieces } from '../../../../../protocol/messages/packed.ts';
import type { Asker } from '../../../../../receiver/disks/pull/puller.ts';
import { aFolder, problemOf } from '../../../../support/folder.ts';
import { aCopy, aDisk, aNoise, fill, flipped, offered, pullerOf, someTools } from '../../../../support/offered.ts';

const blockSize = 4096;

test('a fresh copy pulls what is not zeros in one frame, leaves holes and is equal to the disk, the last short block too', async () => {
  const disk = aDisk('a.b..c', blockSize, 100);
  const offer = offered(disk);
  const { copy, path } = await aCopy(offer, someTools());
  await fill(copy, offer);
  expect(await copy.file.root()).toBe(offer.root);
  expect(copy.counts()).toEqual({
    blocks: 6,
    zero: 3,
    reused: 0,
    copied: 0,
    pulled: 3,
    mended: 0,
    bytes_pulled: 2 * blockSize + 100,
    bytes_wire: 2 * blockSize + 112,
  });
  await copy.close();
  expect((await readFile(path)).equals(disk)).toBe(true);
  expect(offer.pulls).toEqual([
    [
      [0, 1],
      [2, 1],
      [5, 1],
    ],
  ]);
  expect((await stat(path)).blocks * 512).toBeLessThanOrEqual(3 * blockSize + blockSize);
});

test('whatever an earlier copy left, marked or not, the copy becomes equal, and no block that is there is pulled', async () => {
  const picture = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 8 });
  const tools = someTools();
  await fc.assert(
    fc.asyncProperty(picture, picture, fc.nat({ max: blockSize - 1 }), fc.boolean(), async (was, is, short, marked) => {
      const left = aDisk(was, blockSize);
      const disk = aDisk(is, blockSize, blockSize - short);
      const folder = await aFolder();
      if (marked) {
        const before = await aCopy(offered(left), tools, folder);
        await fill(before.copy, offered(left));
        await before.copy.close();
        tools.donors.remove(before.copy.file);
      } else await writeFile(join(folder, 'disk.part'), left);
      const offer = offered(disk);
      const { copy, path } = await aCopy(offer, tools, folder);
      await fill(copy, offer);
      await copy.close();
      tools.donors.remove(copy.file);
      expect((await readFile(path)).equals(disk)).toBe(true);
      const there = is
        .split('')
        .flatMap((letter, index) => (letter !== '.' && letter === was[index] && index < is.length - 1 ? [index] : []));
      expect(offer.pulled.filter((block) => there.includes(block))).toEqual([]);
      const { zero, reused, copied, pulled } = copy.counts();
      expect(zero + reused + copied + pulled).toBe(is.length);
    }),
    { numRuns: 40 },
  );
}, 60_000);

test('a block that the disk has twice is pulled once, also when two pages ask at the same time', async () => {
  const disk = aDisk('abab.aab', blockSize);
  const offer = offered(disk);
  const { copy, path } = await aCopy(offer, someTools());
  await fill(copy, offer, 2);
  expect(copy.counts()).toMatchObject({ pulled: 2, copied: 5, zero: 1 });
  expect(offer.pulled.map((block) => 'abab.aab'.charAt(block)).toSorted((a, b) => a.localeCompare(b))).toEqual(['a', 'b']);
  await copy.close();
  expect((await readFile(path)).equals(disk)).toBe(true);
});

test('a copy that is opened again after a cut pulls only the rest, and reads nothing again that is marked', async () => {
  const disk = aDisk('abcdef', blockSize);
  const offer = offered(disk);
  const tools = someTools();
  const { copy, path } = await aCopy(offer, tools);
  await copy.take(0, offer.digests.subarray(0, 4 * 32), pullerOf(copy, offer));
  await copy.close();
  tools.donors.remove(copy.file);
  const rest = offered(disk);
  const again = await aCopy(rest, tools, dirname(path));
  expect([0, 1, 2, 3, 4].map((block) => again.copy.file.blocks.isKnown(block))).toEqual([true, true, true, true, false]);
  await fill(again.copy, rest);
  expect(again.copy.counts()).toMatchObject({ pulled: 2, reused: 4 });
  expect(rest.pulled).toEqual([4, 5]);
  await again.copy.close();
});

test('what was written and not marked when the daemon was killed is found by reading it', async () => {
  const disk = aDisk('abcdef', blockSize);
  const offer = offered(disk);
  const tools = someTools();
  const { copy, path } = await aCopy(offer, tools);
  await copy.take(0, offer.digests.subarray(0, 4 * 32), pullerOf(copy, offer));
  // Not closed: nothing is flushed, nothing is marked.
  tools.donors.remove(copy.file);
  const rest = offered(disk);
  const again = await aCopy(rest, tools, dirname(path));
  expect(again.copy.file.blocks.isKnown(0)).toBe(false);
  await fill(again.copy, rest);
  expect(rest.pulled).toEqual([4, 5]);
  await Promise.all([copy.close(), again.copy.close()]);
});

test('bytes that change on our own disk between writing and sealing are seen, in data and in holes, and mended', async () => {
  const disk = aDisk('ab.d', blockSize);
  const offer = offered(disk);
  const { copy, path } = await aCopy(offer, someTools());
  const puller = pullerOf(copy, offer);
  await copy.take(0, offer.digests, puller);
  const vandal = await open(path, 'r+');
  await vandal.write(Buffer.from('x'), 0, 1, blockSize);
  await vandal.write(Buffer.from('x'), 0, 1, 2 * blockSize + 7);
  await vandal.close();
  await copy.verify(puller);
  expect(offer.pulled.filter((block) => block === 1)).toHaveLength(2);
  expect(copy.counts()).toMatchObject({ mended: 2, pulled: 3, zero: 1 });
  await copy.close();
  expect((await readFile(path)).equals(disk)).toBe(true);
});

test('a block that arrives wrong is asked for three times, then the copy gives up; once wrong is forgiven, and counted', async () => {
  const disk = aDisk('ab', blockSize);
  for (const wrongs of [1, 3]) {
    const flip = (packed: PackedPieces, pull: number): PackedPieces => (pull > wrongs ? packed : flipped(packed, -1));
    const offer = offered(disk, { tamper: flip });
    const { copy } = await aCopy(offer, someTools());
    const taken = copy.take(0, offer.digests, pullerOf(copy, offer));
    if (wrongs === 1) expect(await taken).toBe(2);
    else expect((await problemOf(taken)).code).toBe('E_BLOCK_MISMATCH');
    expect(copy.counts()).toMatchObject({ pulled: wrongs === 1 ? 2 : 1, mended: wrongs });
    expect(offer.pulled.filter((block) => block === 0)).toHaveLength(1);
    await copy.close();
  }
});

test.each([
  ['more', (packed: PackedPieces): PackedPieces => ({ ...packed, rawBytes: packed.rawBytes + 1 })],
  ['less', (packed: PackedPieces): PackedPieces => ({ ...packed, rawBytes: 1, payload: packed.payload.subarray(0, 1) })],
  ['no zstd', (packed: PackedPieces): PackedPieces => ({ ...packed, codec: 'zstd' })],
])('a frame that says %s than was asked for is never used', async (_, tamper) => {
  const offer = offered(aDisk('ab', blockSize), { tamper });
  const { copy } = await aCopy(offer, someTools());
  const taken = copy.take(0, offer.digests, pullerOf(copy, offer));
  expect((await problemOf(taken)).code).toBe('E_BLOCK_MISMATCH');
  expect(copy.file.blocks.done).toBe(0);
  await copy.close();
});

test('a page beyond the disk, a seal before every page and another root are refused', async () => {
  const offer = offered(aDisk('abc', blockSize));
  const { copy } = await aCopy(offer, someTools());
  const puller = pullerOf(copy, offer);
  expect((await problemOf(copy.take(2, offer.digests.subarray(0, 64), puller))).code).toBe('E_MALFORMED');
  expect((await problemOf(copy.take(Number.MAX_SAFE_INTEGER, offer.digests, puller))).code).toBe('E_MALFORMED');
  expect((await problemOf(copy.hole(1, 3))).code).toBe('E_MALFORMED');
  await copy.take(0, offer.digests.subarray(0, 64), puller);
  expect((await problemOf(copy.verify(puller))).message).toContain('block 2');
  await copy.take(2, offer.digests.subarray(64), puller);
  await copy.verify(puller);
  expect(await copy.file.root()).toBe(offer.root);
  await copy.close();
});

test('a page that is told again with other digests is taken at its last word', async () => {
  const first = offered(aDisk('ab', blockSize));
  const second = offered(aDisk('.c', blockSize));
  const { copy, path } = await aCopy(first, someTools());
  await copy.take(0, first.digests, pullerOf(copy, first));
  expect(await copy.take(0, second.digests, pullerOf(copy, second))).toBe(1);
  await copy.verify(pullerOf(copy, second));
  expect(copy.counts()).toMatchObject({ zero: 1, pulled: 1 });
  expect(await copy.file.root()).toBe(second.root);
  await copy.close();
  expect((await readFile(path)).equals(aDisk('.c', blockSize))).toBe(true);
});

test('a hole of any length costs neither bytes nor memory, and one where data was gives its space back', async () => {
  const empty = offered(Buffer.alloc(0));
  const huge = { ...empty, shape: { ...empty.shape, size: 2 ** 38, blockSize: 65_536 } };
  const { copy, path } = await aCopy(huge, someTools());
  await copy.hole(0, 2 ** 22);
  await copy.verify(pullerOf(copy, empty));
  expect(copy.counts()).toMatchObject({ blocks: 2 ** 22, zero: 2 ** 22 });
  await copy.close();
  expect((await stat(path)).blocks).toBe(0);

  const noise = offered(aNoise(16 * 65_536), { blockSize: 65_536 });
  const other = await aCopy(noise, someTools());
  await other.copy.take(0, noise.digests, pullerOf(other.copy, noise));
  await other.copy.hole(2, 14);
  await other.copy.verify(pullerOf(other.copy, noise));
  expect(other.copy.counts()).toMatchObject({ pulled: 2, zero: 14 });
  await other.copy.close();
  expect((await stat(other.path)).blocks * 512).toBeLessThanOrEqual(3 * 65_536);
  expect((await readFile(other.path)).subarray(2 * 65_536).every((byte) => byte === 0)).toBe(true);
}, 30_000);

test('pages that lack little share their pulls, and no pull is larger than a frame', async () => {
  const disk = aNoise(512 * 65_536);
  const offer = offered(disk, { blockSize: 65_536 });
  const { copy } = await aCopy(offer, someTools());
  await fill(copy, offer);
  expect(offer.pulls).toHaveLength(8);
  const changed = Buffer.from(disk);
  for (let block = 0; block < 512; block += 64) changed.writeUInt8(disk.readUInt8(block * 65_536) ^ 1, block * 65_536);
  const second = offered(changed, { blockSize: 65_536 });
  copy.begin();
  const pull: Asker['pull'] = async (...asked) => {
    // As long as a line takes there and back.
    await sleep(20);
    return second.asker.pull(...asked);
  };
  await fill(copy, { ...second, asker: { ...second.asker, pull } });
  expect(second.pulls.length).toBeLessThan(8);
  expect(copy.counts()).toMatchObject({ reused: 504, pulled: 8 });
  await copy.close();
}, 30_000);

test('a block that changed in one place is pulled by the piece, not as a whole', async () => {
  const disk = aNoise(32 * 65_536);
  const offer = offered(disk, { blockSize: 65_536 });
  const { copy, path } = await aCopy(offer, someTools());
  await fill(copy, offer);
  expect(offer.refined).toEqual([]);
  const changed = Buffer.from(disk);
  for (const at of [5 * 65_536 + 9000, 20 * 65_536]) changed.writeUInt8(disk.readUInt8(at) ^ 1, at);
  const second = offered(changed, { blockSize: 65_536 });
  copy.begin();
  await fill(copy, second);
  expect(second.refined).toEqual([5, 20]);
  expect(second.pulled).toEqual([5 * 16 + 2, 20 * 16]);
  expect(copy.counts()).toMatchObject({ pulled: 2, reused: 30, bytes_pulled: 8192, mended: 0 });
  await copy.close();
  expect((await readFile(path)).equals(changed)).toBe(true);
});

test('a disk of no bytes is sealed too, and a pull that is given up leaves no block behind as done', async () => {
  const nothing = offered(Buffer.alloc(0));
  const { copy } = await aCopy(nothing, someTools());
  await copy.verify(pullerOf(copy, nothing));
  expect(await copy.file.root()).toBe(nothing.root);
  await copy.close();
  const offer = offered(aDisk('ab', blockSize));
  const cut = await aCopy(offer, someTools());
  const link = new AbortController();
  const asker = { ...offer.asker, pull: () => Promise.reject(new Error('The link is cut.')) };
  await problemOf(cut.copy.take(0, offer.digests, pullerOf(cut.copy, { ...offer, asker }, link.signal)));
  expect(cut.copy.file.blocks.done).toBe(0);
  link.abort(new Error('The link is cut.'));
  expect((await problemOf(cut.copy.take(0, offer.digests, pullerOf(cut.copy, offer, link.signal)))).message).toContain('cut');
  await fill(cut.copy, offer);
  expect(cut.copy.counts()).toMatchObject({ pulled: 2 });
  await cut.copy.close();
});
