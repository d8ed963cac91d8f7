import { createHash } from 'node:crypto';
import {
  bundleBlockBytes,
  bundlePageBlocks,
  type DiskHead,
  type End,
  type Header,
  names,
} from '../../../shared/bundle/format.ts';
import { addTo, encodePage, type PageBlock } from '../../../shared/bundle/page.ts';
import { TarWriter } from '../../../shared/bundle/tar.ts';
import { digestOf } from '../../../shared/disk/block-digest.ts';
import type { BlockSource } from '../../../shared/disk/block-source.ts';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { type Algorithm, isZero, Root } from '../../../shared/model/disk.ts';
import { loneVolumesOf, movedImagesOf } from '../../../shared/model/lone-volumes.ts';
import { release } from '../../../shared/release.ts';
import { KnownBlocks } from './seen.ts';

const pageBytes = bundlePageBlocks * bundleBlockBytes;

/** A disk to be written; it is opened when its turn comes, and closed again. */
export interface DiskToWrite {
  readonly server: string;
  readonly disk: string;
  readonly open: () => Promise<BlockSource>;
}

/** Hears how many bytes of a disk are read, of how many. */
export type OnWritten = (disk: string, doneBytes: number, sizeBytes: number) => void;

/**
 * Writes a campaign as a bundle, in one pass; the reader sets the pace. See README.md. Throws what
 * the disks throw.
 */
export function writeBundle(
  document: Configurations & { readonly campaign: string },
  disks: readonly DiskToWrite[],
  signal: AbortSignal,
  onWritten: OnWritten = () => undefined,
  algorithm: Algorithm = 'sha256',
): AsyncGenerator<Buffer> {
  const at = new Date();
  const tar = new TarWriter(at);
  const header: Header = {
    format: 'godwit/bundle',
    version: loneVolumesOf(document).length + movedImagesOf(document).length === 0 ? 1 : 2,
    campaign: document.campaign,
    release,
    created_at: at.toISOString(),
    algorithm,
    block_size: bundleBlockBytes,
  };
  const writing = async (): Promise<void> => {
    await tar.add(names.header, json(header));
    await tar.add(names.document, json(document));
    const writer = new DiskWriter(tar, algorithm, signal, onWritten);
    for (const disk of disks) await writer.write(disk);
    await tar.add(names.end, json(writer.end()));
    tar.finish();
  };
  writing().catch((error: unknown) => tar.fail(error instanceof Error ? error : new Error(String(error))));
  return tar.bytes();
}

/** Writes disks one after the other, each distinct block once. */
class DiskWriter {
  readonly #tar: TarWriter;
  readonly #algorithm: Algorithm;
  readonly #signal: AbortSignal;
  readonly #onWritten: OnWritten;
  readonly #seen = new KnownBlocks();
  readonly #roots = createHash('sha256');
  #disks = 0;
  #pages = 0;

  constructor(tar: TarWriter, algorithm: Algorithm, signal: AbortSignal, onWritten: OnWritten) {
    this.#tar = tar;
    this.#algorithm = algorithm;
    this.#signal = signal;
    this.#onWritten = onWritten;
  }

  end(): End {
    return { disks: this.#disks, pages: this.#pages, roots: this.#roots.digest('hex') };
  }

  async write({ server, disk, open }: DiskToWrite): Promise<void> {
    this.#disks += 1;
    const source = await open();
    try {
      const { size } = source;
      await this.#tar.add(names.disk(this.#disks), json({ server, disk, size } satisfies DiskHead));
      const root = new Root(size, bundleBlockBytes, this.#algorithm);
      const buffer = Buffer.allocUnsafe(pageBytes);
      let pages = 0;
      for (let offset = 0; offset < size; offset += pageBytes) {
        this.#signal.throwIfAborted();
        const bytes = await source.read(offset, Math.min(pageBytes, size - offset), buffer);
        const blocks = this.#blocksOf(bytes, offset / bundleBlockBytes);
        addTo(root, blocks);
        if (blocks.some(({ kind }) => kind !== 'zero')) {
          await this.#tar.add(names.page(this.#disks, offset / pageBytes), await encodePage(blocks));
          pages += 1;
        }
        this.#onWritten(disk, offset + bytes.length, size);
      }
      const seal = { pages, root: root.value() };
      this.#pages += pages;
      this.#roots.update(seal.root);
      await this.#tar.add(names.seal(this.#disks), json(seal));
    } finally {
      await source.close();
    }
  }

  #blocksOf(bytes: Buffer, first: number): PageBlock[] {
    const blocks: PageBlock[] = [];
    for (let at = 0; at < bytes.length; at += bundleBlockBytes) {
      const block = bytes.subarray(at, at + bundleBlockBytes);
      blocks.push(isZero(block) ? { kind: 'zero' } : this.#named(block, first + at / bundleBlockBytes));
    }
    return blocks;
  }

  #named(bytes: Buffer, block: number): PageBlock {
    const digest = digestOf(this.#algorithm, bytes);
    const place = this.#seen.place(digest, { disk: this.#disks, block });
    return place === undefined ? { kind: 'here', digest, bytes } : { kind: 'before', digest, place };
  }
}

function json(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
