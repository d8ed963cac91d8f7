import { Allocation } from './allocation.ts';
import type { BlockSource } from './block-source.ts';

/** Bytes of a cluster: QEMU's own default. */
const cluster = 64 * 1024;
/** Guest clusters that one L2 table maps; its entries have 8 bytes. */
const perTable = cluster / 8;
/** Host clusters that one refcount block counts; its entries have 16 bits. */
const perRefcountBlock = cluster / 2;
/** QCOW_OFLAG_COPIED: what the entry points to is used once. */
const copied = 1n << 63n;

/**
 * Where each part of the file begins, in clusters, and how many it has. Everything but the data
 * comes first, so that its size is known before a byte is read.
 */
interface Qcow2Layout {
  readonly refcountTable: number;
  readonly refcountTableClusters: number;
  readonly refcountBlocks: number;
  readonly l1: number;
  readonly l1Entries: number;
  readonly l2: number;
  readonly data: number;
  /** Clusters of the file. */
  readonly end: number;
}

/**
 * Presents a disk as a qcow2 file (version 3; QEMU, docs/interop/qcow2) that is never stored. The
 * same disk and extents are the same bytes, so that it can be sent again. Null without extents.
 */
export async function asQcow2(disk: BlockSource, signal: AbortSignal): Promise<BlockSource | null> {
  if (disk.extents === undefined) return null;
  const file = new Qcow2(disk, await Allocation.of(disk.extents(signal), disk.size, cluster, perTable));
  return {
    size: file.size,
    read: (offset, length, into) => file.read(offset, length, into),
    close: async () => undefined,
  };
}

class Qcow2 {
  readonly size: number;
  readonly #disk: BlockSource;
  readonly #allocation: Allocation;
  readonly #layout: Qcow2Layout;

  constructor(disk: BlockSource, allocation: Allocation) {
    this.#disk = disk;
    this.#allocation = allocation;
    this.#layout = layOut(disk.size, allocation);
    this.size = this.#layout.end * cluster;
  }

  async read(offset: number, length: number, into: Buffer = Buffer.allocUnsafe(length)): Promise<Buffer> {
    const whole = into.subarray(0, length);
    for (let done = 0; done < length; ) {
      const at = offset + done;
      const index = Math.floor(at / cluster);
      const rest = whole.subarray(done);
      done += index >= this.#layout.data ? await this.#readData(at, rest) : this.#copyTable(index, at % cluster, rest);
    }
    return whole;
  }

  /**
   * Fills the buffer from the data clusters as far as their neighbours in the file are neighbours
   * on the disk; returns the bytes filled.
   */
  async #readData(at: number, into: Buffer): Promise<number> {
    const inside = at % cluster;
    const first = Math.floor(at / cluster) - this.#layout.data;
    const wanted = Math.ceil((inside + into.length) / cluster);
    const { cluster: there, count } = this.#allocation.run(first, wanted);
    const offset = there * cluster + inside;
    const bytes = into.subarray(0, Math.min(into.length, count * cluster - inside));
    // The last cluster goes on with zeros where the disk has ended.
    const held = Math.max(0, Math.min(bytes.length, this.#disk.size - offset));
    if (held > 0) {
      const read = await this.#disk.read(offset, held, bytes);
      // A source that did not fill what it was given must not turn into garbage with a right
      // digest.
      if (read.buffer !== bytes.buffer || read.byteOffset !== bytes.byteOffset) read.copy(bytes, 0, 0, held);
    }
    bytes.fill(0, held);
    return bytes.length;
  }

  #copyTable(index: number, inside: number, into: Buffer): number {
    return this.#table(index).copy(into, 0, inside);
  }

  /** One cluster of the header and the tables. */
  #table(index: number): Buffer {
    const { refcountTable, refcountBlocks, l1, l2, data } = this.#layout;
    if (index < refcountTable) return this.#header();
    if (index < refcountBlocks) return this.#refcountTableAt(index - refcountTable);
    if (index < l1) return this.#refcountsAt(index - refcountBlocks);
    if (index < l2) return this.#l1At(index - l1);
    return this.#l2At(index - l2, data);
  }

  #header(): Buffer {
    const { refcountTable, refcountTableClusters, l1, l1Entries } = this.#layout;
    const bytes = Buffer.alloc(cluster);
    bytes.write('QFI\xfb', 0, 'latin1');
    bytes.writeUInt32BE(3, 4);
    bytes.writeUInt32BE(Math.log2(cluster), 20);
    // QEMU counts a disk in sectors and leaves out what does not fill one.
    bytes.writeBigUInt64BE(BigInt(Math.ceil(this.#disk.size / 512) * 512), 24);
    bytes.writeUInt32BE(l1Entries, 36);
    bytes.writeBigUInt64BE(BigInt(l1 * cluster), 40);
    bytes.writeBigUInt64BE(BigInt(refcountTable * cluster), 48);
    bytes.writeUInt32BE(refcountTableClusters, 56);
    // Refcounts of 2^4 bits; a header of 104 bytes, and no extension after it.
    bytes.writeUInt32BE(4, 96);
    bytes.writeUInt32BE(104, 100);
    return bytes;
  }

  #refcountTableAt(index: number): Buffer {
    const { refcountBlocks, l1 } = this.#layout;
    return entries(index, l1 - refcountBlocks, (block) => BigInt((refcountBlocks + block) * cluster));
  }

  /** Every cluster of the file is used exactly once. */
  #refcountsAt(index: number): Buffer {
    const bytes = Buffer.alloc(cluster);
    const counted = Math.min(perRefcountBlock, this.#layout.end - index * perRefcountBlock);
    for (let at = 0; at < counted * 2; at += 2) bytes.writeUInt16BE(1, at);
    return bytes;
  }

  #l1At(index: number): Buffer {
    const tables = new Map(this.#allocation.groups.map((group, table) => [group, table]));
    return entries(index, this.#layout.l1Entries, (group) => {
      const table = tables.get(group);
      return table === undefined ? 0n : BigInt((this.#layout.l2 + table) * cluster) | copied;
    });
  }

  #l2At(index: number, data: number): Buffer {
    const bytes = Buffer.alloc(cluster);
    const group = this.#allocation.groups[index] ?? 0;
    const first = data + this.#allocation.before(group);
    for (const [rank, place] of this.#allocation.places(group).entries())
      bytes.writeBigUInt64BE(BigInt((first + rank) * cluster) | copied, place * 8);
    return bytes;
  }
}

/** One cluster of a table of 64-bit entries of which there are `total`. */
function entries(index: number, total: number, pointerOf: (entry: number) => bigint): Buffer {
  const bytes = Buffer.alloc(cluster);
  const first = (index * cluster) / 8;
  for (let entry = first; entry < Math.min(total, first + cluster / 8); entry++)
    bytes.writeBigUInt64BE(pointerOf(entry), (entry - first) * 8);
  return bytes;
}

/**
 * The refcount blocks count themselves and their table too: their number grows until it suffices.
 */
function layOut(size: number, allocation: Allocation): Qcow2Layout {
  const l1Entries = Math.max(1, Math.ceil(size / cluster / perTable));
  const l1Clusters = Math.ceil((l1Entries * 8) / cluster);
  const rest = 1 + l1Clusters + allocation.groups.length + allocation.total;
  const tableFor = (blocks: number): number => Math.ceil((blocks * 8) / cluster);
  let blocks = 1;
  while (blocks * perRefcountBlock < rest + blocks + tableFor(blocks)) blocks++;
  const refcountTable = 1;
  const refcountBlocks = refcountTable + tableFor(blocks);
  const l1 = refcountBlocks + blocks;
  const l2 = l1 + l1Clusters;
  const data = l2 + allocation.groups.length;
  return {
    refcountTable,
    refcountTableClusters: tableFor(blocks),
    refcountBlocks,
    l1,
    l1Entries,
    l2,
    data,
    end: data + allocation.total,
  };
}
