import { createHash } from 'node:crypto';
import {
  bundleBlockBytes,
  bundlePageBlocks,
  bundleVersions,
  DiskHead,
  documentBytes,
  End,
  Header,
  jsonBytes,
  names,
  pageEntryBytes,
  pageIn,
  parseEntry,
  Seal,
  spoilt,
} from '../../shared/bundle/format.ts';
import { addTo, type BlockPlace, decodePage, payloadOf, type ReadBlock } from '../../shared/bundle/page.ts';
import { TarReader } from '../../shared/bundle/tar.ts';
import { type Configurations, parseConfigurations } from '../../shared/model/configurations.ts';
import { blockCount, Root } from '../../shared/model/disk.ts';
import { Problem } from '../../shared/problem.ts';

/**
 * A stretch of blocks of a disk in a bundle. `bytesOf` unpacks a block of kind `here` on demand.
 */
export interface BundlePage {
  readonly first: number;
  readonly blocks: readonly ReadBlock[];
  readonly bytesOf: (block: ReadBlock & { readonly kind: 'here' }) => Promise<Buffer>;
}

/**
 * What is done with the parts of a bundle. Each call is awaited before more is read, so a slow
 * visitor slows the reading.
 */
export interface BundleVisitor {
  /** The document, before any disk; an error it throws ends the reading. */
  begin(header: Header, document: Configurations): Promise<void>;
  /** A disk begins; `number` counts from 1. */
  disk(number: number, head: DiskHead, header: Header): Promise<void>;
  /** A page with bytes in it; blocks between pages are zeros. */
  page(stretch: BundlePage): Promise<void>;
  /** A disk is complete and has this root; `untold`: blocks of zeros behind the last page. */
  seal(root: string): Promise<void>;
  end(): Promise<void>;
}

/**
 * Reads a bundle from a stream in one pass, in bounded memory. Throws E_BUNDLE, E_DOCUMENT, other
 * problems of a document, and what the visitor throws.
 */
export async function readBundle(source: AsyncIterable<Buffer>, visitor: BundleVisitor, signal: AbortSignal): Promise<void> {
  const tar = new TarReader(source);
  try {
    await new BundleReader(tar, visitor, signal).read();
  } finally {
    await tar.close().catch(() => undefined);
  }
}

class BundleReader {
  readonly #tar: TarReader;
  readonly #visitor: BundleVisitor;
  readonly #signal: AbortSignal;
  readonly #roots = createHash('sha256');
  #pages = 0;
  #sizes: number[] = [];

  constructor(tar: TarReader, visitor: BundleVisitor, signal: AbortSignal) {
    this.#tar = tar;
    this.#visitor = visitor;
    this.#signal = signal;
  }

  async read(): Promise<void> {
    const header = headerIn(await this.#json(await this.#next(names.header), names.header));
    const document = await this.#document(header);
    await this.#visitor.begin(header, document);
    const wanted = new Map(document.disks.map((disk) => [disk.id, disk.server_id]));
    const closed = new Set<string>();
    let server: string | null = null;
    for (;;) {
      const entry = await this.#next();
      if (entry.name === names.end) {
        await this.#end(parseEntry(End, await this.#json(entry, names.end), names.end), wanted.size);
        return;
      }
      const number = this.#sizes.length + 1;
      const name = names.disk(number);
      mustBe(entry.name, name);
      const head = parseEntry(DiskHead, await this.#json(entry, name), name);
      if (wanted.get(head.disk) !== head.server)
        throw spoilt(
          `${name} names disk ${head.disk} of server ${head.server}, which the document does not have, or has come already.`,
          name,
        );
      wanted.delete(head.disk);
      if (server !== null && head.server !== server) closed.add(server);
      server = head.server;
      if (closed.has(server)) throw spoilt(`${name} goes on with server ${server}, whose disks had come.`, name);
      await this.#disk(number, head, header);
    }
  }

  async #document(header: Header): Promise<Configurations> {
    const entry = await this.#next(names.document);
    const bytes = await this.#tar.content(entry, documentBytes);
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8'));
    } catch (cause) {
      throw new Problem('E_BUNDLE', `${names.document} is not JSON.`, { about: names.document, cause });
    }
    const document = parseConfigurations(value, names.document);
    if (document.campaign !== header.campaign)
      throw spoilt('The document is of another campaign than the header.', names.document);
    return document;
  }

  async #disk(number: number, head: DiskHead, header: Header): Promise<void> {
    const { size } = head;
    this.#sizes.push(size);
    await this.#visitor.disk(number, head, header);
    const blocks = blockCount(size, bundleBlockBytes);
    const root = new Root(size, bundleBlockBytes, header.algorithm);
    let named = 0;
    let pages = 0;
    for (;;) {
      const entry = await this.#next();
      if (entry.name === names.seal(number)) {
        const seal = parseEntry(Seal, await this.#json(entry, entry.name), entry.name);
        await root.addZeros(blocks - named);
        const is = root.value();
        if (seal.pages !== pages) throw spoilt(`${seal.pages} pages belong before ${entry.name}; ${pages} came.`, entry.name);
        if (seal.root !== is)
          throw spoilt(`The root of disk ${head.disk} is ${is}; ${entry.name} says ${seal.root}.`, entry.name);
        await this.#visitor.seal(is);
        this.#roots.update(is);
        this.#pages += pages;
        return;
      }
      const page = pageIn(entry.name, number);
      const first = (page ?? 0) * bundlePageBlocks;
      if (page === null || first < named || first >= blocks) throw outOfTurn(entry.name);
      const stretch = await this.#page(entry, number, first, Math.min(bundlePageBlocks, blocks - first), size);
      await root.addZeros(first - named);
      addTo(root, stretch.blocks);
      named = first + stretch.blocks.length;
      pages += 1;
      await this.#visitor.page(stretch);
    }
  }

  async #page(
    entry: { name: string; size: number },
    disk: number,
    first: number,
    count: number,
    size: number,
  ): Promise<BundlePage> {
    const { name } = entry;
    const lengths = Array.from({ length: count }, (_, at) => Math.min(bundleBlockBytes, size - (first + at) * bundleBlockBytes));
    const page = decodePage(await this.#tar.content(entry, pageEntryBytes), lengths, name);
    for (const [at, block] of page.blocks.entries()) {
      if (block.kind === 'before') this.#mustHaveCome(block.place, { disk, block: first + at }, lengths[at] ?? 0, name);
    }
    let unpacked: Promise<Buffer> | null = null;
    return {
      first,
      blocks: page.blocks,
      bytesOf: async ({ at, length }) => {
        unpacked ??= payloadOf(page, name);
        return (await unpacked).subarray(at, at + length);
      },
    };
  }

  /** A block that repeats another MUST name an earlier one of the same length. */
  #mustHaveCome(place: BlockPlace, own: BlockPlace, length: number, name: string): void {
    const size = this.#sizes[place.disk - 1] ?? 0;
    const theirs = Math.min(bundleBlockBytes, size - place.block * bundleBlockBytes);
    const isEarlier = place.disk < own.disk || (place.disk === own.disk && place.block < own.block);
    if (place.disk < 1 || !isEarlier || theirs !== length)
      throw spoilt(
        `${name} names block ${place.block} of disk ${place.disk}, which cannot be the same as its block ${own.block}.`,
        name,
      );
  }

  async #end(end: End, missing: number): Promise<void> {
    if (missing > 0) throw spoilt(`${missing} disks of the document are missing.`, names.end);
    const own = { disks: this.#sizes.length, pages: this.#pages, roots: this.#roots.digest('hex') };
    if (end.disks !== own.disks || end.pages !== own.pages || end.roots !== own.roots)
      throw spoilt('The bundle ends with other sums than its disks have.', names.end);
    if ((await this.#tar.next()) !== null) throw spoilt('Something follows the last entry.', names.end);
    await this.#visitor.end();
  }

  async #next(wanted?: string): Promise<{ name: string; size: number }> {
    this.#signal.throwIfAborted();
    const entry = await this.#tar.next();
    if (entry === null)
      throw spoilt(`The bundle ends before ${wanted ?? names.end}: it was cut off, or never written to its end.`);
    if (wanted !== undefined) mustBe(entry.name, wanted);
    return entry;
  }

  #json(entry: { name: string; size: number }, name: string): Promise<Buffer> {
    mustBe(entry.name, name);
    return this.#tar.content(entry, jsonBytes);
  }
}

function headerIn(bytes: Buffer): Header {
  const version = /"version":\s*(\d+)/.exec(bytes.toString('utf8'))?.[1];
  if (version !== undefined && !bundleVersions.includes(Number(version)))
    throw spoilt(
      `This release reads bundles of version ${bundleVersions.join(' and ')}; this one is of version ${version}. Upgrade it.`,
      names.header,
    );
  return parseEntry(Header, bytes, names.header);
}

function mustBe(name: string, wanted: string): void {
  if (name !== wanted) throw outOfTurn(name, wanted);
}

function outOfTurn(name: string, wanted?: string): Problem {
  const belongs = wanted === undefined ? '' : ` instead of ${wanted}`;
  return spoilt(`The entry ${JSON.stringify(name.slice(0, 100))} does not belong here${belongs}.`, name.slice(0, 100));
}
