import { type FileHandle, open } from 'node:fs/promises';
import type { Stretches } from '../../protocol/messages/field.ts';
import type { ArrivedPieces } from '../../protocol/messages/packed.ts';
import { bundleBlockBytes, bundlePageBlocks, type DiskHead, type Header, spoilt } from '../../shared/bundle/format.ts';
import type { BlockPlace } from '../../shared/bundle/page.ts';
import type { BlockSource } from '../../shared/disk/block-source.ts';
import { digestBytes, pieceBytes } from '../../shared/model/disk.ts';
import { refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import type { Copy } from '../disks/copy/copy.ts';
import type { Disks } from '../disks/disks.ts';
import { Puller } from '../disks/pull/puller.ts';
import { Window } from '../disks/pull/window.ts';
import type { BundlePage } from './read.ts';

/** The disks of a bundle are filled page by page: only one page is under way. */
const windowBytes = bundlePageBlocks * bundleBlockBytes;

/**
 * Fills the copies of a campaign's disks from a bundle, one after the other. What an earlier import
 * left is compared and kept.
 */
export class Staging {
  readonly #disks: Disks;
  readonly #signal: AbortSignal;
  readonly #heads: DiskHead[] = [];
  #copy: Copy | null = null;
  #file: FileHandle | null = null;
  #puller: Puller | null = null;
  #named = 0;
  /** The bytes of a block of the present page. */
  #bytesAt: (block: number) => Promise<Buffer> = gone;
  /** A sealed disk that other disks' blocks are read from; open while it is needed. */
  #lender: { readonly number: number; readonly source: BlockSource } | null = null;

  constructor(disks: Disks, signal: AbortSignal) {
    this.#disks = disks;
    this.#signal = signal;
  }

  /**
   * Begins the next disk. A disk that an earlier import sealed stays sealed, and is only compared.
   */
  async begin(head: DiskHead, { algorithm }: Header): Promise<void> {
    this.#heads.push(head);
    this.#named = 0;
    const sealed = await this.#disks.sealed(head.server, head.disk);
    if (sealed?.size === head.size && sealed.block_size === bundleBlockBytes) return;
    const shape = { size: head.size, blockSize: bundleBlockBytes, algorithm };
    this.#copy = await this.#disks.offer(head.server, head.disk, shape);
    this.#file = await open(this.#copy.path, 'r');
    const asker = { pull: (pieces: Stretches) => this.#pull(pieces), refine: () => Promise.resolve(new Uint8Array()) };
    this.#puller = new Puller(this.#copy.file.target, asker, new Window(windowBytes), this.#copy, this.#signal);
  }

  /**
   * Makes the copy equal to a stretch; what lies between the last stretch and this one is zeros.
   */
  async page({ first, blocks, bytesOf }: BundlePage): Promise<void> {
    await this.#zeros(first);
    this.#named = first + blocks.length;
    if (this.#copy === null || this.#puller === null) return;
    const digests = Buffer.concat(blocks.map((block) => (block.kind === 'zero' ? Buffer.alloc(digestBytes) : block.digest)));
    this.#bytesAt = async (index) => {
      const block = blocks[index - first];
      if (block?.kind === 'here') return bytesOf(block);
      if (block?.kind === 'before') return this.#before(block, first);
      throw spoilt(`Block ${index} is named as one before, and is zeros.`);
    };
    await this.#copy.take(first, digests, this.#puller);
    this.#bytesAt = gone;
  }

  /**
   * Reads back what was written and seals the copy. Throws E_ROOT_MISMATCH, also where the sealed
   * disk is a different one.
   */
  async seal(root: string): Promise<void> {
    const { server, disk, size } = this.#head;
    await this.#zeros(Math.ceil(size / bundleBlockBytes));
    if (this.#copy !== null && this.#puller !== null) {
      await this.#disks.seal(server, disk, root, this.#puller);
      await this.#shut();
      return;
    }
    const sealed = await this.#disks.sealed(server, disk);
    if (sealed?.root === root) return;
    throw new Problem('E_ROOT_MISMATCH', `Disk ${disk} was staged from another bundle of this campaign.`, {
      about: refOf('disk', disk),
      hint: 'Import the bundle that was begun with, or `receiver rollback` first.',
    });
  }

  /** Closes everything; staged disks stay. */
  async close(): Promise<void> {
    await this.#shut();
    await this.#lender?.source.close();
    this.#lender = null;
  }

  get #head(): DiskHead {
    return this.#heads[this.#heads.length - 1] as DiskHead;
  }

  async #zeros(until: number): Promise<void> {
    if (until > this.#named) await this.#copy?.hole(this.#named, until - this.#named);
    this.#named = Math.max(this.#named, until);
  }

  /** The pieces that the copy asks for: finds whole blocks, and cuts them. */
  async #pull(pieces: Stretches): Promise<ArrivedPieces> {
    const { size } = this.#head;
    const parts: Buffer[] = [];
    for (const [first, count] of pieces) {
      const end = Math.min(size, (first + count) * pieceBytes);
      for (let at = first * pieceBytes; at < end; ) {
        const block = Math.floor(at / bundleBlockBytes);
        const from = at - block * bundleBlockBytes;
        const to = Math.min(bundleBlockBytes, end - block * bundleBlockBytes);
        parts.push((await this.#bytesAt(block)).subarray(from, to));
        at = block * bundleBlockBytes + to;
      }
    }
    // A copy, because the payload is transferred to a worker thread.
    const payload = Uint8Array.from(Buffer.concat(parts));
    return { codec: 'none', rawBytes: payload.length, payload: [payload] };
  }

  /** The bytes of an earlier block: of this page, of this disk, or of an earlier disk. */
  async #before({ place }: { readonly place: BlockPlace }, first: number): Promise<Buffer> {
    const own = this.#heads.length;
    if (place.disk === own && place.block >= first) return this.#bytesAt(place.block);
    const head = this.#heads[place.disk - 1] as DiskHead;
    const offset = place.block * bundleBlockBytes;
    const length = Math.min(bundleBlockBytes, head.size - offset);
    if (place.disk !== own) return (await this.#lent(place.disk, head)).read(offset, length);
    const bytes = Buffer.alloc(length);
    await this.#file?.read(bytes, 0, length, offset);
    return bytes;
  }

  async #lent(number: number, { server, disk }: DiskHead): Promise<BlockSource> {
    if (this.#lender?.number !== number) {
      await this.#lender?.source.close();
      this.#lender = { number, source: await this.#disks.open(server, disk) };
    }
    return this.#lender.source;
  }

  async #shut(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
    this.#copy = null;
    this.#puller = null;
  }
}

/** A bundle is read once: a block that our disk lost only comes again with the next import. */
function gone(block: number): Promise<never> {
  return Promise.reject(
    new Problem('E_BLOCK_MISMATCH', `Block ${block} was written, and is other bytes now: our own disk may be failing.`, {
      hint: 'Import the bundle again: it goes on here, and reads only what is missing.',
    }),
  );
}
