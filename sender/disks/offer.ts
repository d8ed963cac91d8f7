import { headerBytes } from '../../protocol/connection/frame.ts';
import { bytesPulled } from '../../protocol/messages/disk.ts';
import type { PackedPieces } from '../../protocol/messages/packed.ts';
import { algorithms } from '../../shared/disk/block-digest.ts';
import type { BlockSource } from '../../shared/disk/block-source.ts';
import type { PackResult } from '../../shared/disk/jobs/pack.ts';
import { type ByteRange, type DiskPart, heldStretch } from '../../shared/disk/reading.ts';
import type { WorkerPool } from '../../shared/disk/worker-pool.ts';
import { makeFolder } from '../../shared/durable.ts';
import { blockBytes, pieceBytes } from '../../shared/model/disk.ts';
import { writeMarker } from '../../shared/model/marker.ts';
import { Problem } from '../../shared/problem.ts';
import type { Peer } from '../receiver/peer.ts';
import { diskFolder } from './folder.ts';
import { Levels, type LineUse } from './levels.ts';
import { ManifestSender } from './manifest-sender.ts';
import type { OfferDisk, OfferTools, SealedDisk } from './offer-disk.ts';
import { PageCache } from './page-cache.ts';
import { Reader } from './reader.ts';
import { dataBytes, stretchesOf } from './stretches.ts';

/**
 * The level from which on frames refer back: that saves a twenty-fifth and costs a third more CPU,
 * which pays where the line is what all wait for.
 */
const refersFrom = 9;

/** Chooses how hard each frame is packed. */
export interface LevelChoice {
  next(wire: LineUse, rawBytes: number): number;
  learn(level: number, packed: PackResult): void;
}

/**
 * Offers a disk's blocks: reads and names them ahead, answers pulls meanwhile, and has the copy
 * compared as a whole. The worker threads start at once.
 */
export function offerDisk(peer: Peer, workers: WorkerPool, levels: LevelChoice = new Levels(workers.size)): OfferDisk {
  workers.start();
  return async (move, disk, snapshot, tools) => {
    const folder = diskFolder(tools.folder, move.server.id);
    await makeFolder(folder);
    const source = await tools.source.open(snapshot, folder, tools.signal);
    try {
      const fetched = performance.now();
      const sealed = await new Transfer(
        source,
        { server: move.server.id, disk: disk.id },
        { peer, workers, levels, tools },
      ).run();
      const done: SealedDisk = { ...sealed, transfer_ms: Math.round(performance.now() - fetched) };
      const { root: digest, ...counts } = done;
      const marker = { kind: 'disk', server: move.server.id, disk: disk.id } as const;
      await writeMarker({ id: tools.campaign, folder: tools.folder }, marker, { digest, counts });
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

/** What a transfer works with. */
interface Means {
  readonly peer: Peer;
  readonly workers: WorkerPool;
  readonly levels: LevelChoice;
  readonly tools: OfferTools;
}

type Transferred = Omit<SealedDisk, 'transfer_ms'>;

/** Makes the copy of one disk equal to its source, over as many connections as that takes. */
class Transfer {
  readonly #source: BlockSource;
  readonly #which: Which;
  readonly #means: Means;
  /** Bytes that crossed the wire, and bytes of the disk that the copy has. */
  #sent = 0;
  #done = 0;

  constructor(source: BlockSource, which: Which, means: Means) {
    this.#source = source;
    this.#which = which;
    this.#means = means;
  }

  /**
   * Compares until it is done, and resumes after a cut: a lost connection voids the receiver's
   * handle, so the offer is repeated, and blocks that arrived are not sent again.
   */
  async run(): Promise<Transferred> {
    const { signal } = this.#means.tools;
    const reader = await Reader.open(this.#source, this.#means.workers, this);
    try {
      for (;;) {
        try {
          return await this.#compare(reader);
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof Problem) || error.code !== 'E_PEER_LOST') throw error;
        }
      }
    } finally {
      await reader.close();
    }
  }

  async #compare(reader: Reader): Promise<Transferred> {
    const { peer, workers, levels, tools } = this.#means;
    const { campaign, signal } = tools;
    const { size } = reader;
    const connection = await peer.connected(signal);
    const algorithm = connection.has('blake3') && algorithms.includes('blake3') ? 'blake3' : 'sha256';
    const data = await dataBytes(this.#source, signal);
    const offer = { campaign, ...this.#which, size, block_size: blockBytes, algorithm, data } as const;
    const { handle } = await connection.request('disk.offer', offer, { signal });
    const over = new AbortController();
    const pages = new PageCache({
      reader,
      workers,
      turn: this,
      algorithm,
      line: () => connection.wire,
      signal: AbortSignal.any([signal, over.signal]),
    });
    const rangesOf = (list: readonly ByteRange[], unit: number): ByteRange[] =>
      list.map(([first, count]) => rangeOf(first * unit, count * unit, size));
    const withdraw = peer.serve(connection, handle, {
      pull: (list, after) =>
        pages.use(rangesOf(list, pieceBytes), async (parts) => {
          const level = levels.next(connection.wire, bytesPulled({ pieces: list }));
          const before =
            level < refersFrom || after === undefined
              ? null
              : pages.hold(rangeOf(after[0] * pieceBytes, after[1] * pieceBytes, size));
          const packed = await this.#pack(parts, level, before?.bytes).finally(() => before?.release());
          this.#sent += headerBytes + packed.payload.length;
          return packed;
        }),
      refine: (list) =>
        pages.use(rangesOf(list, blockBytes), (parts) =>
          workers.run('pieces', { parts, algorithm }, { turn: this, urgent: true }),
        ),
    });
    this.#done = 0;
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
    const manifest = new ManifestSender(
      {
        page: (first, digests) => connection.request('disk.page', { handle, first, digests: base64(digests) }, { signal }),
        hole: (first, blocks) => connection.request('disk.hole', { handle, first, blocks }, { signal }),
      },
      pages,
      { size, algorithm },
      { done: (bytes) => this.#advance(bytes), failed: (reason) => over.abort(reason) },
    );
    try {
      const root = await sendManifest(this.#source, pages, manifest, over, signal);
      const sealed = await connection.request('disk.seal', { handle, root }, { signal });
      if (sealed.root !== root)
        throw new Problem(
          'E_ROOT_MISMATCH',
          `The receiver sealed another disk than it was offered: ${sealed.root}, not ${root}.`,
        );
      return { ...sealed, size, block_size: blockBytes };
    } finally {
      withdraw();
      await pages.close();
    }
  }

  /**
   * Packs what was pulled. Raw bytes that lie together are sent from their buffer, which is held
   * until the receiver has them.
   */
  async #pack(parts: readonly DiskPart[], level: number, after: Uint8Array | undefined): Promise<PackedPieces> {
    const payload = level === 0 ? heldStretch(parts) : null;
    if (payload !== null) return { codec: 'none', rawBytes: payload.length, payload };
    const { workers, levels } = this.#means;
    const packed = await workers.run('pack', { parts, level, after }, { turn: this, urgent: true });
    levels.learn(level, packed);
    return packed;
  }

  #advance(bytes: number): void {
    this.#done += bytes;
    this.#means.tools.onDisk(this.#which.disk, this.#source.size, this.#done, this.#sent);
  }
}

/** Reads ahead as far as there is memory, and sends in order what was read. */
async function sendManifest(
  source: BlockSource,
  pages: PageCache,
  manifest: ManifestSender,
  over: AbortController,
  signal: AbortSignal,
): Promise<string> {
  const either = AbortSignal.any([signal, over.signal]);
  let sent = Promise.resolve();
  for await (const stretch of stretchesOf(source, blockBytes, either)) {
    either.throwIfAborted();
    const page = stretch.zero ? null : await pages.open(stretch);
    sent = sent.then(() => (page === null ? manifest.hole(stretch.first, stretch.blocks) : manifest.page(page)));
    sent.catch((reason: unknown) => over.abort(reason));
  }
  await sent;
  return manifest.end();
}

/**
 * A stretch of a disk in bytes; its last unit may be short. Throws E_MALFORMED for one that is not
 * of the disk.
 */
function rangeOf(offset: number, length: number, size: number): ByteRange {
  if (offset >= size || offset + length >= size + blockBytes)
    throw new Problem('E_MALFORMED', `The disk of ${size} bytes has no ${length} bytes at ${offset}.`);
  return [offset, Math.min(length, size - offset)];
}
