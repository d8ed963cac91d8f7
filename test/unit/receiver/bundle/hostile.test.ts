import { constants, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleBlockBytes } from '../../../../shared/bundle/format.ts';
import { aBundle, aCampaignOf, rebuilt } from '../../../support/bundle.ts';

interface Entry {
  name: string;
  content: Buffer;
  type?: 'file' | 'symlink' | 'link' | 'character-device' | 'directory' | 'fifo';
  linkname?: string;
}

let good: Buffer;
let entries: Entry[];

beforeAll(async () => {
  const disk = Buffer.concat(['a', 'b', '\0', 'a'].map((letter) => Buffer.alloc(bundleBlockBytes, letter)));
  good = await aBundle([disk, Buffer.alloc(100, 'x')], aCampaignOf(2));
  entries = entriesOf(good);
});

/** Takes a tar apart as far as its headers are plain. */
function entriesOf(tar: Buffer): Entry[] {
  const found: Entry[] = [];
  for (let at = 0; tar[at] !== 0; ) {
    const name = tar.toString('latin1', at, tar.indexOf(0, at));
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    found.push({ name, content: tar.subarray(at + 512, at + 512 + size) });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

/** Puts a tar together. */
async function tarOf(some: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, content, type = 'file', linkname } of some)
    tar.entry({ name, type, ...(linkname === undefined ? {} : { linkname }) }, type === 'file' ? content : '');
  tar.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of tar as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

const at = (name: string): number => entries.findIndex((entry) => entry.name === name);
const page = 'disks/0001/00000000';

/** The bundle with one entry exchanged, left out or put in. */
const exchanged = (name: string, content: (was: Buffer) => Buffer | string | object): Promise<Buffer> =>
  tarOf(entries.map((entry) => (entry.name === name ? { name, content: asBytes(content(entry.content)) } : entry)));
const without = (name: string): Promise<Buffer> => tarOf(entries.filter((entry) => entry.name !== name));
const with_ = (before: string, entry: Entry): Promise<Buffer> =>
  tarOf([...entries.slice(0, at(before)), entry, ...entries.slice(at(before))]);
const changed = (name: string, change: object): Promise<Buffer> =>
  exchanged(name, (was) => ({ ...(JSON.parse(was.toString()) as object), ...change }));

function asBytes(value: Buffer | string | object): Buffer {
  if (Buffer.isBuffer(value)) return value;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function edited(was: Buffer, edit: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(was);
  edit(bytes);
  return bytes;
}

/** A header whose checksum is right again. */
function resigned(header: Buffer): void {
  header.fill(0x20, 148, 156);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

const tiny = Buffer.from('x');

describe('an archive that was made to harm', { timeout: 60_000 }, () => {
  test('is no reason to refuse the good one, put together again', async () => {
    expect((await rebuilt(await tarOf(entries))).said.at(-1)).toBe('end');
  });

  test.each<[string, () => Promise<Buffer> | Buffer, RegExp]>([
    ['climbs out of its folder', () => with_(page, { name: '../../etc/cron.d/x', content: tiny }), /does not belong here/],
    ['names a file by its whole path', () => with_(page, { name: '/etc/passwd', content: tiny }), /does not belong here/],
    ['hides a path behind dots', () => with_(page, { name: 'disks/0001/../0001/00000000', content: tiny }), /does not belong/],
    [
      'holds a symbolic link',
      () => with_(page, { name: page, content: tiny, type: 'symlink', linkname: '/etc' }),
      /no plain file/,
    ],
    [
      'holds a hard link',
      () => with_(page, { name: page, content: tiny, type: 'link', linkname: '/etc/shadow' }),
      /no plain file/,
    ],
    ['holds a device', () => with_(page, { name: page, content: tiny, type: 'character-device' }), /no plain file/],
    ['holds a folder', () => with_(page, { name: 'disks', content: tiny, type: 'directory' }), /no plain file/],
    ['holds a pipe', () => with_(page, { name: page, content: tiny, type: 'fifo' }), /no plain file/],
    [
      'renames its entries by extended headers',
      () => with_(page, { name: `${'long/'.repeat(60)}x`, content: tiny }),
      /no plain file/,
    ],
    ['holds an entry twice', () => with_('disks/0001/seal.json', entries[at(page)] as Entry), /does not belong here/],
    ['holds an entry that nobody knows', () => with_('end.json', { name: 'readme.txt', content: tiny }), /does not belong here/],
    ['has its entries in another order', () => tarOf([...entries.slice(1), entries[0] as Entry]), /does not belong here/],
    ['lacks a page', () => without(page), /pages belong before/],
    ['lacks a seal', () => without('disks/0001/seal.json'), /does not belong here/],
    [
      'lacks a disk',
      () => tarOf(entries.filter(({ name }) => !name.startsWith('disks/0002'))),
      /1 disks of the document are missing/,
    ],
    ['lacks its end', () => without('end.json'), /ends before end\.json/],
    ['goes on behind its end', () => tarOf([...entries, { name: 'more', content: tiny }]), /follows the last entry/],
    ['hides bytes behind its end', () => Buffer.concat([good, Buffer.from('boo')]), /hidden behind the end/],
    ['hides bytes in its padding', () => edited(good, (bytes) => bytes.write('boo', 1000)), /hidden|no tar/],
    ['is damaged in a header', () => edited(good, (bytes) => bytes.write('x', 0)), /no right header/],
    ['is none at all', () => Buffer.from('PK\x03\x04'.padEnd(2000, 'zip')), /no right header/],
    ['is empty', () => Buffer.alloc(0), /breaks off/],
    ['says a size beyond all', () => sized('77777777777'), /no more than/],
    ['says a size in the binary way', () => sized('\x80\0\0\0\0\0\0\x7f\xff\xff\xff'), /size is no number/],
    ['has a document of 65 MiB', () => sized((65 * 2 ** 20).toString(8), 'configurations.json'), /no more than 67108864/],
    ['has a page larger than a page', () => exchanged(page, () => Buffer.alloc(5 * 2 ** 20)), /no more than/],
    ['is of another format', () => changed('godwit-bundle.json', { format: 'zip' }), /format/],
    ['is of another version', () => changed('godwit-bundle.json', { version: 3 }), /version 3/],
    ['has other blocks', () => changed('godwit-bundle.json', { block_size: 4096 }), /block_size/],
    [
      'has a document of another campaign',
      () => changed('configurations.json', { campaign: crypto.randomUUID() }),
      /another campaign/,
    ],
    ['names a disk of nobody', () => changed('disks/0001/disk.json', { disk: 'other' }), /does not have/],
    ['names a path for a disk', () => changed('disks/0001/disk.json', { disk: '../x' }), /not as it must be/],
    ['names a disk twice', () => changed('disks/0002/disk.json', { server: 's1', disk: 'ds1' }), /has come already/],
    ['says a negative size', () => changed('disks/0001/disk.json', { size: -1 }), /size/],
    ['says another size', () => changed('disks/0001/disk.json', { size: 5 * bundleBlockBytes }), /blocks instead of/],
    ['has another root', () => changed('disks/0001/seal.json', { root: '0'.repeat(64) }), /The root of disk/],
    ['has other sums', () => changed('end.json', { roots: '0'.repeat(64) }), /other sums/],
    ['counts other pages', () => changed('disks/0001/seal.json', { pages: 7 }), /7 pages belong/],
    ['has more blocks than its disk', () => pageWith((bytes) => bytes.writeUInt16BE(64, 0)), /64 blocks instead of 4/],
    ['packs in a way of its own', () => pageWith((bytes) => bytes.writeUInt8(9, 2)), /packed in a way/],
    ['has a block of a kind of its own', () => pageWith((bytes) => bytes.writeUInt8(7, 8)), /kind that nobody knows/],
    ['says too many raw bytes', () => pageWith((bytes) => bytes.writeUInt32BE(2 ** 32 - 1, 4)), /raw bytes; its blocks have/],
    ['ends a page in the middle', () => exchanged(page, (was) => was.subarray(0, 40)), /ends in the middle/],
    [
      'names a block that has not come',
      () => pageWith((bytes) => bytes.writeUInt32BE(3, bytes.length - 4 - payload(bytes))),
      /cannot be the same/,
    ],
    [
      'names a disk that has not come',
      () => pageWith((bytes) => bytes.writeUInt32BE(2, bytes.length - 8 - payload(bytes))),
      /cannot be the same/,
    ],
    ['names no disk', () => pageWith((bytes) => bytes.writeUInt32BE(0, bytes.length - 8 - payload(bytes))), /cannot be the same/],
    ['has a page of zeros', () => exchanged(page, () => zeroPage()), /nothing but zeros/],
    ['blows up when it is unpacked', () => bomb(), /cannot be unpacked|raw bytes/],
    ['is packed for a huge memory', () => bomb(25), /cannot be unpacked|raw bytes/],
    ['holds other bytes than it names', () => pageWith((bytes) => bytes.writeUInt8((bytes[9] ?? 0) ^ 1, 9)), /another digest/],
  ])('is refused when it %s', async (_, archive, says) => {
    await expect(rebuilt(await archive())).rejects.toThrow(says);
  });

  test('cut off anywhere is refused, and never read to its end', async () => {
    for (let length = 0; length < good.length - 10_240; length += 4_099)
      await expect(rebuilt(good.subarray(0, length))).rejects.toMatchObject({ code: 'E_BUNDLE' });
  });

  test('with any byte flipped is refused or is what it was', async () => {
    const { disks } = await rebuilt(good);
    for (let flip = 5; flip < good.length; flip += 1_997) {
      const again = await rebuilt(edited(good, (bytes) => bytes.writeUInt8((bytes[flip] ?? 0) ^ 0x10, flip))).catch(() => null);
      if (again !== null) expect(again.disks).toEqual(disks);
    }
  });
});

/** The payload's length of the first page: what follows its four blocks. */
const payload = (bytes: Buffer): number => bytes.length - 8 - (33 + 33 + 1 + 41);

const pageWith = (edit: (bytes: Buffer) => void): Promise<Buffer> => exchanged(page, (was) => edited(was, edit));

/** The good bundle whose first header, or another, says another size. */
function sized(digits: string, name = 'godwit-bundle.json'): Buffer {
  return edited(good, (bytes) => {
    const header = bytes.subarray(bytes.indexOf(`${name}\0`));
    header.write(digits.padEnd(12, '\0'), 124, 'latin1');
    resigned(header);
  });
}

function zeroPage(): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(4, 0);
  return bytes;
}

/** A page whose payload unpacks to 64 MiB, from a few KiB. */
async function bomb(windowLog?: number): Promise<Buffer> {
  const params = windowLog === undefined ? {} : { [constants.ZSTD_c_windowLog]: windowLog };
  const packed = zstdCompressSync(Buffer.alloc(2 ** 26), { params });
  return exchanged(page, (was) =>
    Buffer.concat([edited(was.subarray(0, was.length - payload(was)), (bytes) => bytes.writeUInt8(1, 2)), packed]),
  );
}
