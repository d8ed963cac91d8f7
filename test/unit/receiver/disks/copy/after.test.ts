import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { PackedPieces } from '../../../../../protocol/messages/packed.ts';
import type { Copy } from '../../../../../receiver/disks/copy/copy.ts';
import { compress } from '../../../../../shared/disk/zstd.ts';
import { blockBytes, digestBytes, pageBlocks, pageBytes, pieceBytes } from '../../../../../shared/model/disk.ts';
import { problemOf } from '../../../../support/folder.ts';
import { aCopy, aNoise, flipped, type Offered, offered, pullerOf, someTools } from '../../../../support/offered.ts';

const MiB = 1024 * 1024;

/**
 * Pages of noise, each of which holds the last MiB of the one before, not at the same place of a
 * block, so that no block is there twice.
 */
function aChain(pages: number): Buffer {
  const disk = aNoise(pages * pageBytes);
  for (let at = pageBytes; at < disk.length; at += pageBytes) disk.copy(disk, at + 1000, at - MiB, at);
  return disk;
}

/**
 * Fills a copy with a disk of pages that all have to be pulled: each is pulled before the next is
 * told, and unpacked while that is.
 */
async function fillInOrder(copy: Copy, offer: Offered): Promise<void> {
  const puller = pullerOf(copy, offer);
  const pages: Promise<number>[] = [];
  for (let first = 0; first < copy.file.blocks.length; first += pageBlocks) {
    const pulls = offer.pulls.length;
    pages.push(copy.take(first, offer.digests.subarray(first * digestBytes, (first + pageBlocks) * digestBytes), puller));
    while (offer.pulls.length === pulls) await setImmediate();
  }
  await Promise.all(pages);
  await copy.verify(puller);
}

/** Answers as a sender on a slow line does: packed, and referring back where it may. */
function packed(raw: PackedPieces, _pull: number, after?: Buffer): PackedPieces {
  const payload = compress(raw.payload, 6, after);
  return payload === null ? raw : { ...raw, codec: after === undefined ? 'zstd' : 'zstd-after', payload };
}

test('a pull names the end of the one before, and what refers back to it arrives in fewer bytes', async () => {
  const disk = aChain(3);
  const sizes: number[] = [];
  const tamper = (...given: Parameters<typeof packed>): PackedPieces => {
    const sent = packed(...given);
    sizes.push(sent.payload.length);
    return sent;
  };
  const offer = offered(disk, { blockSize: blockBytes, tamper });
  const { copy, path } = await aCopy(offer, someTools());
  await fillInOrder(copy, offer);
  const perPage = pageBytes / pieceBytes;
  const last = MiB / pieceBytes;
  expect(offer.afters).toEqual([undefined, [perPage - last, last], [2 * perPage - last, last]]);
  expect(sizes.map((size) => Math.round(size / MiB))).toEqual([4, 3, 3]);
  expect(copy.counts()).toMatchObject({ pulled: 3 * pageBlocks, mended: 0 });
  await copy.close();
  expect((await readFile(path)).equals(disk)).toBe(true);
});

test('what refers back to a block that came out wrong is pulled again by itself, and only that block counts as mended', async () => {
  const disk = aChain(2);
  const flip = (raw: PackedPieces, pull: number, after?: Buffer): PackedPieces =>
    pull > 1 ? packed(raw, pull, after) : flipped(raw, -1);
  const offer = offered(disk, { blockSize: blockBytes, tamper: flip });
  const { copy, path } = await aCopy(offer, someTools());
  await fillInOrder(copy, offer);
  expect(copy.counts()).toMatchObject({ pulled: 2 * pageBlocks, mended: 1 });
  const [first, second, ...again] = offer.afters;
  expect([first, second]).toEqual([undefined, [768, 256]]);
  expect(again.every((after) => after === undefined)).toBe(true);
  expect(offer.pulled.filter((piece) => piece === 1024)).toHaveLength(2);
  expect(offer.pulled.filter((piece) => piece === 0)).toHaveLength(1);
  await copy.close();
  expect((await readFile(path)).equals(disk)).toBe(true);
});

test('a block that came out wrong elsewhere than at the end costs nobody else a pull', async () => {
  const disk = aChain(2);
  const flip = (raw: PackedPieces, pull: number, after?: Buffer): PackedPieces =>
    pull > 1 ? packed(raw, pull, after) : flipped(raw, 0);
  const offer = offered(disk, { blockSize: blockBytes, tamper: flip });
  const { copy } = await aCopy(offer, someTools());
  await fillInOrder(copy, offer);
  expect(copy.counts()).toMatchObject({ mended: 1 });
  expect(offer.pulled.filter((piece) => piece >= 1024)).toHaveLength(1024);
  await copy.close();
});

test('a frame that refers back where nothing was named is never used', async () => {
  const tamper = (raw: PackedPieces): PackedPieces => ({
    ...raw,
    codec: 'zstd-after',
    payload: compress(raw.payload, 6, aNoise(MiB)) ?? raw.payload,
  });
  const offer = offered(Buffer.alloc(2 * blockBytes, 'a'), { blockSize: blockBytes, tamper });
  const { copy } = await aCopy(offer, someTools());
  const taken = copy.take(0, offer.digests, pullerOf(copy, offer));
  expect((await problemOf(taken)).code).toBe('E_BLOCK_MISMATCH');
  expect(copy.file.blocks.done).toBe(0);
  await copy.close();
});

test('a frame that refers back to other bytes than are here is pulled again without, and counted', async () => {
  const disk = aNoise(2 * pageBytes);
  const other = (raw: PackedPieces, _pull: number, after?: Buffer): PackedPieces => {
    const payload = after === undefined ? null : compress(raw.payload, 6, raw.payload.subarray(0, MiB));
    return payload === null ? raw : { ...raw, codec: 'zstd-after', payload };
  };
  const offer = offered(disk, { blockSize: blockBytes, tamper: other });
  const { copy, path } = await aCopy(offer, someTools());
  await fillInOrder(copy, offer);
  expect(copy.counts().mended).toBeGreaterThan(0);
  expect(offer.afters.slice(2).every((after) => after === undefined)).toBe(true);
  await copy.close();
  expect((await readFile(path)).equals(disk)).toBe(true);
});
