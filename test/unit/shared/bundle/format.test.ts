import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KnownBlocks } from '../../../../sender/campaign/bundle/seen.ts';
import { bundleBlockBytes } from '../../../../shared/bundle/format.ts';
import { aBundle, aCampaignOf, rebuilt } from '../../../support/bundle.ts';

/**
 * A disk drawn as letters, one a block: a dot is zeros, the same letter the same bytes; `tail`
 * bytes more make a short last block.
 */
function drawn(picture: string, tail = 0): Buffer {
  const blocks = picture.split('').map((letter) => Buffer.alloc(bundleBlockBytes, letter === '.' ? 0 : letter));
  return Buffer.concat([...blocks, Buffer.alloc(tail, 'z')]);
}

test('what is written is read again, whatever the disks hold, and however the bytes come', { timeout: 60_000 }, async () => {
  const disk = fc.tuple(fc.stringMatching(/^[a-e.]{0,80}$/), fc.integer({ min: 0, max: bundleBlockBytes - 1 }));
  await fc.assert(
    fc.asyncProperty(fc.array(disk, { maxLength: 4 }), fc.integer({ min: 100, max: 300_000 }), async (pictures, piece) => {
      const disks = pictures.map(([picture, tail]) => drawn(picture, tail));
      const { disks: again, said } = await rebuilt(await aBundle(disks), piece);
      expect(again.length).toBe(disks.length);
      for (const [at, bytes] of disks.entries()) expect(again[at]?.equals(bytes)).toBe(true);
      expect(said.at(-1)).toBe('end');
    }),
    { numRuns: 12 },
  );
});

test('zeros are not written, and each distinct block is written once, over all disks', { timeout: 60_000 }, async () => {
  const empty = (await aBundle([Buffer.alloc(0)])).length;
  const incompressible = Buffer.concat(Array.from({ length: 20 }, (_, at) => Buffer.from(noise(at))));
  const once = (await aBundle([incompressible])).length - empty;
  expect(once).toBeGreaterThanOrEqual(incompressible.length);
  const twice = await aBundle([incompressible, Buffer.concat([incompressible, Buffer.alloc(2 ** 24), incompressible])]);
  expect(twice.length - empty - once).toBeLessThan(30_000);
});

/** A block that does not compress, the same for the same number. */
function noise(number: number): Uint8Array {
  let state = number * 2_654_435_761 + 1;
  return Uint8Array.from({ length: bundleBlockBytes }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return state >>> 24;
  });
}

test('ordinary tar lists what a bundle holds', async () => {
  const bundle = await aBundle([drawn('ab..'), drawn('a')], aCampaignOf(2));
  const listed = execFileSync('tar', ['tf', '-'], { input: bundle, encoding: 'utf8' }).trim().split('\n');
  expect(listed).toEqual([
    'godwit-bundle.json',
    'configurations.json',
    'disks/0001/disk.json',
    'disks/0001/00000000',
    'disks/0001/seal.json',
    'disks/0002/disk.json',
    'disks/0002/00000000',
    'disks/0002/seal.json',
    'end.json',
  ]);
  expect(bundle.length % 10_240).toBe(0);
});

test('a memory of blocks that is full learns no more, and forgets nothing', () => {
  const digest = (number: number): Buffer => {
    const bytes = Buffer.alloc(32);
    // Many of them begin in the same slot.
    bytes.writeUInt32BE(number % 7, 0);
    bytes.writeUInt32BE(number, 8);
    return bytes;
  };
  const seen = new KnownBlocks(60_000);
  for (let number = 0; number < 60_000; number += 300)
    expect(seen.place(digest(number), { disk: 1, block: number })).toBeUndefined();
  for (let number = 0; number < 60_000; number += 300)
    expect(seen.place(digest(number), { disk: 2, block: 0 })).toEqual({ disk: 1, block: number });
  const full = new KnownBlocks(2);
  for (const number of [1, 2, 3]) full.place(digest(number), { disk: 1, block: number });
  expect(full.place(digest(3), { disk: 1, block: 9 })).toBeUndefined();
  expect(full.place(digest(2), { disk: 1, block: 9 })).toEqual({ disk: 1, block: 2 });
});
