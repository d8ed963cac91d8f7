import { mkdir } from 'node:fs/promises';
import type { BlockSource } from '../../shared/cloud/cloud.ts';
import { blockBytes, blockCount, digestOf, extentOf, isZero, Root } from '../../shared/model/disk.ts';
import { writeMarker } from '../../shared/model/marker.ts';
import { Problem } from '../../shared/problem.ts';
import type { OfferDisk, SealedDisk, Tools } from '../migration/phase.ts';
import { diskFolder } from '../migration/phases/copy.ts';
import type { Peer } from '../peer.ts';

/** Digests in a page: enough that the receiver always has blocks to pull, few enough that progress shows. */
const pageBlocks = 64;

/** Pages that may wait for the receiver: while it pulls one, the next is read and hashed. */
const pagesAhead = 2;

/** Offers a disk's blocks: reads and names them page by page, answers pulls meanwhile, and has the copy compared as a whole. */
export function offerDisk(peer: Peer): OfferDisk {
  return async (move, disk, snapshot, tools) => {
    const folder = diskFolder(tools.folder, move.server.id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const begun = Date.now();
    const source = await tools.source.open(snapshot, folder, tools.signal);
    try {
      const fetched = Date.now();
      const sealed = await transfer(source, { server: move.server.id, disk: disk.id }, peer, tools);
      const done: SealedDisk = { ...sealed, fetch_ms: fetched - begun, transfer_ms: Date.now() - fetched };
      const { root: digest, ...counts } = done;
      const at = new Date().toISOString();
      await writeMarker(tools.folder, [move.server.id, `${disk.id}.completed`], { campaign: tools.campaign, at, digest, counts });
      return done;
    } finally {
      await source.close();
    }
  };
}

/** Which disk of which server. */
interface Which {
  readonly server: string;
  readonly disk: string;
}

type Transferred = Omit<SealedDisk, 'fetch_ms' | 'transfer_ms'>;

/** Compares until it is done: a lost connection voids the receiver's handle, so the offer is repeated, and blocks that arrived are not sent again. */
async function transfer(source: BlockSource, which: Which, peer: Peer, tools: Tools): Promise<Transferred> {
  let sentBefore = 0;
  for (;;) {
    const sent = { bytes: sentBefore };
    try {
      return await compare(source, which, peer, tools, sent);
    } catch (error) {
      tools.signal.throwIfAborted();
      if (!(error instanceof Problem) || error.code !== 'E_PEER_LOST') throw error;
      sentBefore = sent.bytes;
    }
  }
}

async function compare(
  source: BlockSource,
  { server, disk }: Which,
  peer: Peer,
  tools: Tools,
  sent: { bytes: number },
): Promise<Transferred> {
  const { campaign, signal, onDisk } = tools;
  const { size } = source;
  const connection = await peer.connected(signal);
  const { handle } = await connection.request(
    'disk.offer',
    { campaign, server, disk, size, block_size: blockBytes, algorithm: 'sha256' },
    { signal },
  );
  const withdraw = peer.serve(connection, handle, async (block) => {
    if (block >= blockCount(size)) throw new Problem('E_MALFORMED', `Disk ${disk} has no block ${block}.`);
    const { offset, length } = extentOf(block, size);
    const bytes = await source.read(offset, length);
    sent.bytes += bytes.length;
    return { offset, digest: await digestOf(bytes), bytes };
  });
  try {
    const root = new Root(size);
    const scratch = Buffer.allocUnsafe(blockBytes);
    const waiting: Promise<unknown>[] = [];
    for (let first = 0; first < blockCount(size); first += pageBlocks) {
      signal.throwIfAborted();
      const digests = await digestsOf(source, first, Math.min(pageBlocks, blockCount(size) - first), scratch);
      for (const digest of digests) root.add(digest);
      const told = connection.request('disk.page', { handle, first, digests }, { signal }).then(() => {
        onDisk(disk, size, Math.min(size, (first + digests.length) * blockBytes), sent.bytes);
      });
      // Awaited below, in order; until then a failure must not count as unhandled.
      told.catch(() => undefined);
      waiting.push(told);
      if (waiting.length > pagesAhead) await waiting.shift();
    }
    await Promise.all(waiting);
    const sealed = await connection.request('disk.seal', { handle, root: root.value() }, { signal });
    onDisk(disk, size, size, sent.bytes);
    return { ...sealed, size, block_size: blockBytes };
  } finally {
    withdraw();
  }
}

/** Names blocks. `scratch` is read into again and again: a buffer for each block would be most of what a large disk costs. */
async function digestsOf(source: BlockSource, first: number, count: number, scratch: Buffer): Promise<(string | null)[]> {
  const digests: (string | null)[] = [];
  for (let block = first; block < first + count; block += 1) {
    const { offset, length } = extentOf(block, source.size);
    const bytes = await source.read(offset, length, scratch);
    digests.push(isZero(bytes) ? null : await digestOf(bytes));
  }
  return digests;
}
