import { randomUUID } from 'node:crypto';
import { type BundlePage, type BundleVisitor, readBundle } from '../../receiver/bundle/read.ts';
import { writeBundle } from '../../sender/campaign/bundle/write.ts';
import { bundleBlockBytes, type DiskHead, type Header } from '../../shared/bundle/format.ts';
import { digestOf } from '../../shared/disk/block-digest.ts';
import type { BlockSource } from '../../shared/disk/block-source.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { aDocument, aResource, aServer } from './build.ts';

/** A disk in memory. */
function aDiskOf(bytes: Buffer): BlockSource {
  return {
    size: bytes.length,
    read: async (offset, length, into = Buffer.allocUnsafe(length)) => {
      bytes.copy(into, 0, offset, offset + length);
      return into.subarray(0, length);
    },
    close: async () => undefined,
  };
}

/** A document of servers with a disk each, named by their place. */
export function aCampaignOf(disks: number): Configurations & { campaign: string } {
  const ids = Array.from({ length: disks }, (_, at) => `s${at + 1}`);
  const document = aDocument({
    campaign: randomUUID(),
    servers: ids.map((id) => aServer({ id, disks: [`d${id}`] })),
    disks: ids.map((id) => aResource('disk', { id: `d${id}`, server_id: id })),
  });
  return { ...document, campaign: document.campaign ?? '' };
}

/** A bundle of some disks, as one buffer. */
export async function aBundle(disks: readonly Buffer[], document = aCampaignOf(disks.length)): Promise<Buffer> {
  const wanted = document.disks.map((disk, at) => ({
    server: disk.server_id,
    disk: disk.id,
    open: async () => aDiskOf(disks[at] ?? Buffer.alloc(0)),
  }));
  const pieces: Buffer[] = [];
  for await (const piece of writeBundle(document, wanted, new AbortController().signal)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Bytes in pieces of a size, as a pipe brings them. */
export async function* inPieces(bytes: Buffer, size = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Rebuilds the disks of a bundle in memory, and holds every block against its digest. */
export class Rebuilder implements BundleVisitor {
  readonly disks: Buffer[] = [];
  readonly said: string[] = [];
  document: Configurations | null = null;
  #header: Header | null = null;

  async begin(header: Header, document: Configurations): Promise<void> {
    this.#header = header;
    this.document = document;
  }

  async disk(_number: number, { disk, size }: DiskHead): Promise<void> {
    this.disks.push(Buffer.alloc(size));
    this.said.push(`disk ${disk}`);
  }

  async page({ first, blocks, bytesOf }: BundlePage): Promise<void> {
    const own = this.disks.at(-1) ?? Buffer.alloc(0);
    for (const [at, block] of blocks.entries()) {
      if (block.kind === 'zero') continue;
      const offset = (first + at) * bundleBlockBytes;
      const length = Math.min(bundleBlockBytes, own.length - offset);
      const from = block.kind === 'here' ? null : block.place;
      const bytes =
        block.kind === 'here'
          ? await bytesOf(block)
          : (this.disks[(from?.disk ?? 0) - 1] ?? own).subarray((from?.block ?? 0) * bundleBlockBytes).subarray(0, length);
      if (!digestOf(this.#header?.algorithm ?? 'sha256', bytes).equals(block.digest)) throw new Error('another digest');
      bytes.copy(own, offset);
    }
  }

  async seal(): Promise<void> {
    this.said.push('seal');
  }

  async end(): Promise<void> {
    this.said.push('end');
  }
}

/** Reads a bundle from memory. */
export async function rebuilt(bundle: Buffer, pieceBytes?: number): Promise<Rebuilder> {
  const rebuilder = new Rebuilder();
  await readBundle(inPieces(bundle, pieceBytes), rebuilder, new AbortController().signal);
  return rebuilder;
}
