import { bundleBlockBytes, bundlePageBlocks, type DiskHead, type Header, spoilt } from '../../shared/bundle/format.ts';
import type { WorkerPool } from '../../shared/disk/worker-pool.ts';
import { type Concern, type Decision, mustNotBlock } from '../../shared/model/concern.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { digestBytes } from '../../shared/model/disk.ts';
import { kindOf } from '../../shared/model/resource.ts';
import { begunHere, isBegun, lookAhead, mapped, type Outlook, type OutlookTools } from './outlook.ts';
import type { BundlePage, BundleVisitor } from './read.ts';

/** What a check needs. `tell` hears of the progress, in sentences, and of the outlook. */
export interface CheckTools extends OutlookTools {
  readonly workers: WorkerPool;
  readonly tell: (sentence: string, outlook?: Outlook) => void;
}

/** Bytes of a digest that are kept, to compare later blocks that refer to the same. */
const rememberedBytes = 8;

/**
 * Reads a whole bundle, compares every block with its digest, and reports what an import would
 * create and what prevents it. Writes nothing. Takes 190 MiB of memory per TiB of data.
 */
export class Checker implements BundleVisitor {
  readonly #tools: CheckTools;
  /** The beginnings of the digests of each page, by disk and page. */
  readonly #seen: Map<number, Buffer>[] = [];
  #head: DiskHead | null = null;
  #header: Header | null = null;
  #concerns: readonly Concern[] = [];

  constructor(tools: CheckTools) {
    this.#tools = tools;
  }

  async begin(header: Header, document: Configurations): Promise<void> {
    const { tell } = this.#tools;
    this.#header = header;
    const known = await begunHere(this.#tools, header.campaign);
    tell(
      `A bundle of campaign ${header.campaign}, written ${header.created_at} by release ${header.release}: ${document.servers.length} servers, ${document.disks.length} disks.`,
    );
    if (isBegun(known)) {
      const built = known.ledger.entries().filter(({ state }) => state === 'built').length;
      tell(`It was begun here: the campaign is ${known.ledger.state}, ${built} resources are built. An import would go on.`);
      known.mustGoOn();
      return;
    }
    const outlook = await lookAhead(this.#tools, await mapped(this.#tools, document, known));
    this.#concerns = outlook.concerns;
    tell(`It would ${summaryOf(outlook.decisions)}.`, outlook);
    for (const { code, severity, about, says, remedy } of outlook.concerns)
      tell(
        `${severity === 'blocking' ? 'In the way' : 'Warning'}, ${code}${about === undefined ? '' : ` ${about}`}: ${says} ${remedy}`,
      );
  }

  async disk(_number: number, head: DiskHead): Promise<void> {
    this.#head = head;
    this.#seen.push(new Map());
  }

  async page({ first, blocks, bytesOf }: BundlePage): Promise<void> {
    // Slices of one pool: a buffer for each page would take twice as much.
    const digests = Buffer.allocUnsafe(blocks.length * rememberedBytes).fill(0);
    this.#seen.at(-1)?.set(first / bundlePageBlocks, digests);
    for (const [at, block] of blocks.entries()) {
      if (block.kind !== 'zero') block.digest.copy(digests, at * rememberedBytes, 0, rememberedBytes);
      if (
        block.kind === 'before' &&
        !this.#was(block.place.disk, block.place.block).equals(block.digest.subarray(0, rememberedBytes))
      )
        throw this.#wrong(first + at, `is not what block ${block.place.block} of disk ${block.place.disk} is`);
    }
    await this.#hash(first, { first, blocks, bytesOf });
  }

  async seal(): Promise<void> {
    const { disk, size } = this.#head as DiskHead;
    this.#tools.tell(`Disk ${disk} is whole: ${Math.ceil(size / bundleBlockBytes)} blocks are what their digests name.`);
  }

  /** Throws E_BLOCKED where any concern is blocking. */
  async end(): Promise<void> {
    this.#tools.tell('The bundle is whole. Nothing was written.');
    mustNotBlock(this.#concerns, { hint: 'Resolve them, or map otherwise in a file for `--mappings`, then import.' });
  }

  /** Computes the digests of the blocks whose bytes are in this page, in a worker thread. */
  async #hash(first: number, { blocks, bytesOf }: BundlePage): Promise<void> {
    const { workers, signal } = this.#tools;
    const here = blocks.flatMap((block, at) => (block.kind === 'here' ? [{ block, index: first + at }] : []));
    if (here.length === 0) return;
    const buffer = await workers.buffer(this, signal);
    try {
      let length = 0;
      for (const { block } of here) length += (await bytesOf(block)).copy(Buffer.from(buffer.memory), length);
      const algorithm = this.#header?.algorithm ?? 'sha256';
      const task = { buffer: buffer.memory, offset: 0, length, blockSize: bundleBlockBytes, algorithm };
      const found = Buffer.from(await workers.run('digest', task, { turn: this }));
      for (const [place, { block, index }] of here.entries())
        if (!block.digest.equals(found.subarray(place * digestBytes, (place + 1) * digestBytes)))
          throw this.#wrong(index, 'has other bytes than its digest names');
    } finally {
      buffer.release();
    }
  }

  /** The start of an earlier block's digest; zeros for a block of zeros. */
  #was(disk: number, block: number): Buffer {
    const at = (block % bundlePageBlocks) * rememberedBytes;
    const page = this.#seen[disk - 1]?.get(Math.floor(block / bundlePageBlocks));
    return page?.subarray(at, at + rememberedBytes) ?? Buffer.alloc(rememberedBytes);
  }

  #wrong(block: number, what: string) {
    return spoilt(`Block ${block} of disk ${this.#head?.disk} ${what}.`);
  }
}

/** What would become of the resources: `create 2 server, 1 network; adopt 1 flavor`. */
function summaryOf(decisions: readonly Decision[]): string {
  const parts = (['create', 'adopt', 'skip'] as const).flatMap((action) => {
    const kinds = decisions.filter((decision) => decision.action === action).map(({ ref }) => kindOf(ref));
    const counts = [...new Set(kinds)].map((kind) => `${kinds.filter((one) => one === kind).length} ${kind}`);
    return counts.length === 0 ? [] : [`${action} ${counts.join(', ')}`];
  });
  return parts.length === 0 ? 'create nothing' : parts.join('; ');
}
