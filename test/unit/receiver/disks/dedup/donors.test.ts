import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { CopyTools } from '../../../../../receiver/disks/copy/copy.ts';
import { Donors } from '../../../../../receiver/disks/dedup/donors.ts';
import { PrefixIndex } from '../../../../../receiver/disks/dedup/prefix-index.ts';
import { Disks } from '../../../../../receiver/disks/disks.ts';
import { Budget } from '../../../../../receiver/disks/store/budget.ts';
import { aFolder, problemOf } from '../../../../support/folder.ts';
import { aDisk, aNoise, fill, type Offered, offered, pullerOf, someTools } from '../../../../support/offered.ts';

const KiB = 1024;

/** Offers a disk of a campaign, makes the copy equal and seals it; returns what that took. */
async function move(disks: Disks, name: string, offer: Offered) {
  const copy = await disks.offer('s1', name, offer.shape);
  await fill(copy, offer);
  return disks.seal('s1', name, offer.root, pullerOf(copy, offer));
}

describe('the index of digests', () => {
  test('finds what it was told, takes 11 to 22 bytes for each, and never more than it may', () => {
    // So many that not one in 16 of them, whatever they are, has room in the smaller one.
    const digests = randomBytes(32 * 110_000);
    for (const most of [64 * KiB, 64 * 1024 * KiB]) {
      const index = new PrefixIndex(most);
      for (let place = 0; place < 110_000; place += 1) index.add(digests, place * 32, place);
      expect(index.bytes).toBeLessThanOrEqual(most);
      let found = 0;
      let kept = 0;
      for (let place = 0; place < 110_000; place += 1) {
        if (!index.keeps(digests, place * 32)) continue;
        kept += 1;
        if (index.find(digests, place * 32) === place) found += 1;
      }
      expect(found).toBeGreaterThan(0.999 * kept);
      expect(kept).toBeGreaterThan((0.9 * 110_000) / index.oneOf);
      expect(index.bytes / kept).toBeGreaterThan(10);
      expect(index.bytes / kept).toBeLessThan(24);
      expect(index.oneOf).toBe(most === 64 * KiB ? 32 : 1);
    }
  });

  test('shares its memory with others, and keeps a sample where they have taken it, until they give it back', () => {
    const digests = randomBytes(32 * 20_000);
    const memory = new Budget(256 * KiB);
    const first = new PrefixIndex(256 * KiB, memory);
    const second = new PrefixIndex(256 * KiB, memory);
    const fill = (index: PrefixIndex): void => {
      for (let place = 0; place < 20_000; place += 1) index.add(digests, place * 32, place);
    };
    fill(first);
    fill(second);
    // Each has 32 KiB for itself.
    expect(first.bytes + second.bytes).toBeLessThanOrEqual((256 + 2 * 32) * KiB);
    expect(first.oneOf).toBe(1);
    expect(second.oneOf).toBeGreaterThan(1);
    first.clear();
    expect(first.find(digests, 0)).toBeUndefined();
    second.clear();
    fill(second);
    expect(second.oneOf).toBe(1);
  });

  test('keeps the first place of a digest, and finds nothing of what it was never told', () => {
    const index = new PrefixIndex(64 * KiB);
    const known = randomBytes(32);
    const unknown = randomBytes(32);
    index.add(known, 0, 7);
    index.add(known, 0, 8);
    expect(index.find(known, 0)).toBe(7);
    expect(index.find(unknown, 0)).toBeUndefined();
  });
});

test('a sample of the blocks is enough to find a disk that lies elsewhere in another, for its neighbours are found beside it', async () => {
  const tools = someTools(32 * KiB);
  const noise = aNoise(8192 * 4096);
  const folder = await aFolder();
  const disks = new Disks('campaign', folder, tools);
  await move(disks, 's1.a', offered(noise));
  const shifted = offered(Buffer.concat([aNoise(5 * 4096), noise.subarray(0, 8000 * 4096)]));
  const sealed = await move(disks, 's1.b', shifted);
  expect(sealed.copied).toBeGreaterThan(7900);
  expect(sealed.pulled + sealed.copied).toBe(8005);
  expect((await readFile(join(folder, 'disks', 's1', 's1.b.raw'))).length).toBe(8005 * 4096);
  await disks.close();
}, 60_000);

test('a file that lies elsewhere inside its blocks is put together from its pieces, and only what is new is pulled', async () => {
  const tools = someTools();
  const folder = await aFolder();
  const disks = new Disks('campaign', folder, tools);
  const files = aNoise(64 * 65_536);
  const first = await move(disks, 's1.a', offered(files, { blockSize: 65_536 }));
  expect(first.pulled).toBe(64);
  const moved = Buffer.concat([aNoise(3 * 4096), files.subarray(0, 60 * 65_536), aNoise(4096)]);
  const offer = offered(moved, { blockSize: 65_536 });
  const second = await move(disks, 's1.b', offer);
  expect(second.bytes_pulled).toBe(4 * 4096);
  expect(second.mended).toBe(0);
  expect((await readFile(join(folder, 'disks', 's1', 's1.b.raw'))).equals(moved)).toBe(true);
  await disks.close();
}, 30_000);

test('a receiver with nothing to compare with never asks what blocks are made of, and stops asking where it does not pay', async () => {
  const disks = new Disks('campaign', await aFolder(), someTools());
  const first = offered(aNoise(64 * 65_536), { blockSize: 65_536 });
  await move(disks, 's1.a', first);
  expect(first.refined).toEqual([]);
  const other = offered(aNoise(64 * 64 * 65_536), { blockSize: 65_536 });
  await move(disks, 's1.b', other);
  expect(other.refined.length).toBeGreaterThan(0);
  expect(other.refined.length).toBeLessThanOrEqual((64 * 64) / 2);
  await disks.close();
}, 60_000);

test('the first disks that pieces may be taken from are waited for, later ones are read beside the work', async () => {
  const tools = someTools();
  const { donors } = tools;
  const disks = new Disks('campaign', await aFolder(), tools);
  await move(disks, 's1.a', offered(aNoise(64 * 65_536), { blockSize: 65_536 }));
  expect(await donors.pieces.learn(donors.whole())).toBe(true);
  await move(disks, 's1.b', offered(aNoise(64 * 65_536), { blockSize: 65_536 }));
  expect(donors.whole()).toHaveLength(2);
  expect(await donors.pieces.learn(donors.whole())).toBe(false);
  await vi.waitFor(async () => expect(await donors.pieces.learn(donors.whole())).toBe(true));
  await disks.close();
}, 30_000);

test('a disk goes on being taken from the one that has most of it, though another has a block that this one lacks', async () => {
  const tools = someTools();
  const disks = new Disks('campaign', await aFolder(), tools);
  const original = aNoise(128 * 4096);
  const changed = Buffer.concat([original.subarray(0, 100 * 4096), aNoise(4096), original.subarray(101 * 4096)]);
  await move(disks, 's1.a', offered(changed));
  await move(disks, 's1.b', offered(original));
  const offer = offered(original);
  const copy = await disks.offer('s1', 's1.c', offer.shape);
  await fill(copy, offer);
  expect(copy.counts()).toMatchObject({ copied: 128, pulled: 0 });
  expect(copy.lastMatch.donor?.path).toMatch(/s1\.a/);
  await disks.close();
});

describe('disks of earlier campaigns', () => {
  async function kept(tools: CopyTools): Promise<{ folder: string; offer: Offered }> {
    const folder = join(await aFolder(), 'kept', 'one');
    const offer = offered(aDisk('ab.cd', 4096));
    const disks = new Disks('campaign-1', await aFolder(), tools);
    disks.useKept(folder);
    await move(disks, 's1.root', offer);
    await disks.keepAll();
    expect(await disks.discardAll()).toBeLessThan(4 * 4096);
    return { folder, offer };
  }

  test('that are kept on purpose are donors for those of a later one of the same sender and project', async () => {
    const tools = someTools();
    const { folder } = await kept(tools);
    const disks = new Disks('campaign-2', await aFolder(), { ...tools, donors: new Donors(tools.workers) });
    disks.useKept(folder);
    const offer = offered(aDisk('dcxba', 4096));
    expect(await move(disks, 's1.root', offer)).toMatchObject({ copied: 4, pulled: 1 });
    await disks.close();
  });

  test('of another sender or project do not, and nothing is answered that tells of them', async () => {
    const tools = someTools();
    const { folder, offer } = await kept(tools);
    const anew = offered(aDisk('ab.cd', 4096));
    const disks = new Disks('campaign-3', await aFolder(), { ...tools, donors: new Donors(tools.workers) });
    disks.useKept(join(folder, '..', 'two'));
    expect(await move(disks, 's1.root', anew)).toMatchObject({ copied: 0, pulled: 4 });
    expect(anew.pulled).toEqual(offer.pulled);
    await disks.close();
  });
});

test('any raw file can be a donor, is read once, and one that changes afterwards is caught', async () => {
  const folder = await aFolder();
  const file = join(folder, 'image.raw');
  const base = join(folder, 'image');
  await writeFile(file, aDisk('pqrs', 4096));
  const tools = someTools();
  const disks = new Disks('campaign', await aFolder(), tools);
  const { shape } = offered(aDisk('pqrs', 4096));
  await disks.addDonor(file, base, shape, new AbortController().signal);
  const digests = await readFile(`${base}.digests`);
  expect(digests.equals(offered(aDisk('pqrs', 4096)).digests)).toBe(true);
  expect(await move(disks, 's1.a', offered(aDisk('qp', 4096)))).toMatchObject({ copied: 2, pulled: 0 });
  await writeFile(file, aDisk('pqxs', 4096));
  expect(await move(disks, 's1.b', offered(aDisk('rs', 4096)))).toMatchObject({ copied: 1, pulled: 1, mended: 1 });
  await disks.close();
});

test('random disks over random old copies, among random donors, cut at random, come out equal, and little is sent twice', async () => {
  const block = 8192;
  const picture = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', '.', '.'), minLength: 1, maxLength: 40 });
  const tools = someTools();
  const changed = (disk: Buffer, at: readonly number[]): Buffer => {
    const other = Buffer.from(disk);
    for (const place of at)
      if (other.length > 0) other.writeUInt8(other.readUInt8(place % other.length) ^ 0x55, place % other.length);
    return other;
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(picture, { minLength: 1, maxLength: 3 }),
      picture,
      fc.array(fc.nat({ max: 400_000 }), { maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }),
      fc.nat({ max: block - 1 }),
      fc.constantFrom('blake3' as const, 'sha256' as const),
      async (others, is, flips, cuts, short, algorithm) => {
        const folder = await aFolder();
        const mine = { ...tools, donors: new Donors(tools.workers, 32 * KiB) };
        let disks = new Disks('campaign', folder, mine);
        for (const [index, other] of others.entries())
          await move(disks, `s1.${index}`, offered(aDisk(other, block), { blockSize: block, algorithm }));
        const disk = changed(aDisk(is, block, block - short), flips);
        // The last of the others is offered anew with other content; the first cuts break its copy.
        const name = `s1.${others.length - 1}`;
        const sent = new Set<number>();
        let twice = 0;
        for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
          const link = new AbortController();
          const offer = offered(disk, {
            blockSize: block,
            algorithm,
            tamper: (packed, pull) => {
              if (pull <= cut) return packed;
              link.abort(new Error('cut'));
              throw new Error('cut');
            },
          });
          const copy = await disks.offer('s1', name, offer.shape);
          const filled = fill(copy, offer, 4, link.signal);
          if (Number.isFinite(cut)) await filled.catch(() => undefined);
          else await filled;
          for (const [first, count] of offer.pulls.slice(0, cut).flat()) {
            for (let piece = first; piece < first + count; piece += 1) {
              if (sent.has(piece)) twice += 1;
              sent.add(piece);
            }
          }
          if (!Number.isFinite(cut)) await disks.seal('s1', name, offer.root, pullerOf(copy, offer));
          else if (cut % 2 === 0) {
            await disks.close();
            disks = new Disks('campaign', folder, { ...mine, donors: new Donors(tools.workers, 32 * KiB) });
          }
        }
        const image = await disks.open('s1', name);
        expect((await image.read(0, disk.length)).equals(disk)).toBe(true);
        await disks.close();
        // What had come before a cut was written, and is found again.
        expect(twice).toBe(0);
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);

test('a kept folder that is not there, or holds something else, is no disk', async () => {
  const folder = await aFolder();
  await mkdir(join(folder, 'kept'));
  await writeFile(join(folder, 'kept', 'stray.raw'), 'x');
  const disks = new Disks('campaign', folder, someTools());
  disks.useKept(join(folder, 'kept'));
  const offer = offered(aDisk('ab', 4096));
  expect(await move(disks, 's1.root', offer)).toMatchObject({ pulled: 2 });
  await disks.close();
  expect((await problemOf(disks.seal('s1', 's1.other', offer.root))).code).toBe('E_NOT_FOUND');
});
