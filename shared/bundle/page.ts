import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { digestBytes, type Root } from '../model/disk.ts';
import { bundleBlockBytes, bundlePageBlocks, spoilt } from './format.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Kinds of a block in a page. */
const zero = 0;
const here = 1;
const before = 2;

/** A block where its bytes were already: the disk's number, and the index in it. */
export interface BlockPlace {
  readonly disk: number;
  readonly block: number;
}

/** One block of a page as it is written: zeros, its bytes, or the place of the same bytes. */
export type PageBlock =
  | { readonly kind: 'zero' }
  | { readonly kind: 'here'; readonly digest: Buffer; readonly bytes: Buffer }
  | { readonly kind: 'before'; readonly digest: Buffer; readonly place: BlockPlace };

/**
 * One block of a page as it is read; its bytes come with `payloadOf`, `at` is their offset there.
 */
export type ReadBlock =
  | { readonly kind: 'zero' }
  | { readonly kind: 'here'; readonly digest: Buffer; readonly at: number; readonly length: number }
  | { readonly kind: 'before'; readonly digest: Buffer; readonly place: BlockPlace };

/** A page that was read: its blocks, and its payload still packed. */
export interface ReadPage {
  readonly blocks: readonly ReadBlock[];
  readonly codec: 'none' | 'zstd';
  readonly rawBytes: number;
  readonly payload: Buffer;
}

/** zstd's level: what a link or a tape is worth, and two cores keep up with. */
const level = 3;

/** log2 of the longest distance a match may span: a whole page. */
const windowLog = Math.log2(bundlePageBlocks * bundleBlockBytes);

/** Writes a page, compressed where that pays. */
export async function encodePage(blocks: readonly PageBlock[]): Promise<Buffer> {
  const raw = Buffer.concat(blocks.flatMap((block) => (block.kind === 'here' ? [block.bytes] : [])));
  const packed = raw.length === 0 ? raw : await compress(raw, { params: { [constants.ZSTD_c_compressionLevel]: level } });
  const pays = packed.length < raw.length * (31 / 32);
  const head = Buffer.alloc(8);
  head.writeUInt16BE(blocks.length, 0);
  head.writeUInt8(pays ? 1 : 0, 2);
  head.writeUInt32BE(raw.length, 4);
  return Buffer.concat([head, ...blocks.map(encodeBlock), pays ? packed : raw]);
}

function encodeBlock(block: PageBlock): Buffer {
  if (block.kind === 'zero') return Buffer.of(zero);
  if (block.kind === 'here') return Buffer.concat([Buffer.of(here), block.digest]);
  const place = Buffer.alloc(8);
  place.writeUInt32BE(block.place.disk, 0);
  place.writeUInt32BE(block.place.block, 4);
  return Buffer.concat([Buffer.of(before), block.digest, place]);
}

/** Reads a page whose blocks must have these lengths. Throws E_BUNDLE; nothing is unpacked yet. */
export function decodePage(entry: Buffer, lengths: readonly number[], name: string): ReadPage {
  const reader = new EntryReader(entry, name);
  const count = reader.take(2).readUInt16BE(0);
  const codec = reader.take(1)[0] ?? 0;
  const reserved = reader.take(1)[0];
  const rawBytes = reader.take(4).readUInt32BE(0);
  if (count !== lengths.length) throw spoilt(`${name} has ${count} blocks instead of ${lengths.length}.`, name);
  if (codec > 1 || reserved !== 0) throw spoilt(`${name} is packed in a way that nobody knows.`, name);
  let at = 0;
  const blocks = lengths.map((length): ReadBlock => {
    const kind = reader.take(1)[0];
    if (kind === zero) return { kind: 'zero' };
    const digest = Buffer.from(reader.take(digestBytes));
    if (kind === here) {
      at += length;
      return { kind: 'here', digest, at: at - length, length };
    }
    if (kind !== before) throw spoilt(`${name} has a block of a kind that nobody knows.`, name);
    const place = reader.take(8);
    return { kind: 'before', digest, place: { disk: place.readUInt32BE(0), block: place.readUInt32BE(4) } };
  });
  // Before any memory is given to it.
  if (rawBytes !== at) throw spoilt(`${name} says ${rawBytes} raw bytes; its blocks have ${at}.`, name);
  if (blocks.every(({ kind }) => kind === 'zero')) throw spoilt(`${name} holds nothing but zeros.`, name);
  return { blocks, codec: codec === 1 ? 'zstd' : 'none', rawBytes, payload: reader.rest() };
}

/**
 * The bytes of a page's blocks. Throws E_BUNDLE; memory is bounded by what the page may hold,
 * whatever the payload says.
 */
export async function payloadOf({ codec, rawBytes, payload }: ReadPage, name: string): Promise<Buffer> {
  const raw = codec === 'none' ? payload : await inflate(payload, rawBytes, name);
  if (raw.length !== rawBytes) throw spoilt(`${name} says ${rawBytes} raw bytes and has ${raw.length}.`, name);
  return raw;
}

async function inflate(payload: Buffer, rawBytes: number, name: string): Promise<Buffer> {
  try {
    return await decompress(payload, {
      maxOutputLength: Math.max(rawBytes, 1),
      params: { [constants.ZSTD_d_windowLogMax]: windowLog },
    });
  } catch (cause) {
    throw spoilt(`${name} cannot be unpacked: ${(cause as Error).message}.`, name);
  }
}

/** Takes an entry apart from its beginning. */
class EntryReader {
  readonly #bytes: Buffer;
  readonly #name: string;
  #at = 0;

  constructor(bytes: Buffer, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw spoilt(`${this.#name} ends in the middle.`, this.#name);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }
}

const noDigest = Buffer.alloc(digestBytes);

/** Adds blocks to the root of their disk, in order. */
export function addTo(root: Root, blocks: readonly (PageBlock | ReadBlock)[]): void {
  for (const block of blocks) {
    if (block.kind === 'zero') root.add(noDigest);
    else root.add(block.digest);
  }
}
