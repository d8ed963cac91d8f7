import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import { Connection } from '../../../../protocol/connection/connection.ts';
import type { Handlers } from '../../../../protocol/messages.ts';
import type { Throttle } from '../../../../protocol/pacing/throttle.ts';
import { type LevelChoice, offerDisk } from '../../../../sender/disks/offer.ts';
import type { OfferTools, SealedDisk } from '../../../../sender/disks/offer-disk.ts';
import { Peer } from '../../../../sender/receiver/peer.ts';
import { blockDigest } from '../../../../shared/disk/block-digest.ts';
import type { BlockSource, Extent } from '../../../../shared/disk/block-source.ts';
import { WorkerPool } from '../../../../shared/disk/worker-pool.ts';
import { decompress } from '../../../../shared/disk/zstd.ts';
import {
  type Algorithm,
  blockBytes,
  blockCount,
  digestBytes,
  extentOf,
  pieceBytes,
  Root,
} from '../../../../shared/model/disk.ts';
import { aServer } from '../../../support/build.ts';
import { aFolder } from '../../../support/folder.ts';
import { aSession, Loopback, options, receiverHandlers } from '../../../support/protocol.ts';

/**
 * A receiver that holds its copy in memory and knows nothing but the messages: what a sender is
 * measured by.
 */
export class PlainReceiver {
  readonly copy: Buffer;
  readonly holes: (readonly [first: number, blocks: number])[] = [];
  /** Blocks that were pulled, in order. */
  readonly pulled: number[] = [];
  readonly algorithm: Algorithm;
  connection: Connection<'receiver'> | null = null;
  /** Runs before a page is answered. */
  onPage: (first: number) => Promise<void> = async () => undefined;
  #digests: Buffer;

  constructor(size: number, algorithm: Algorithm = 'sha256') {
    this.copy = Buffer.alloc(size, 0xee);
    this.algorithm = algorithm;
    this.#digests = Buffer.alloc(blockCount(size) * digestBytes, 0xee);
  }

  /** Pulls blocks one after the other in one frame; returns their bytes. */
  async pull(first: number, blocks: number): Promise<Buffer> {
    const { offset } = extentOf(first, this.copy.length);
    const end = Math.min(this.copy.length, (first + blocks) * blockBytes);
    const pieces = [[offset / pieceBytes, Math.ceil((end - offset) / pieceBytes)]] as const;
    const packed = await this.#live.request('disk.pull', { handle: 1, pieces });
    for (let block = first; block < first + blocks; block += 1) this.pulled.push(block);
    const payload = Buffer.concat(packed.payload);
    return packed.codec === 'none' ? payload : decompress(payload, end - offset);
  }

  async refine(first: number, blocks: number): Promise<Buffer> {
    const { pieces } = await this.#live.request('disk.refine', { handle: 1, blocks: [[first, blocks]] });
    return Buffer.from(pieces, 'base64');
  }

  /**
   * The handlers of one connection; it counts once a campaign is opened on it, for it may be a
   * lane.
   */
  handlers(connection: Connection<'receiver'>): Partial<Handlers<'receiver'>> {
    return {
      'campaign.open': async () => {
        this.connection = connection;
        return { known: false, state: 'new', session: aSession };
      },
      'session.join': async () => {
        this.#live.carry(connection);
        return {};
      },
      'disk.page': async ({ first, digests }) => {
        const told = Buffer.from(digests, 'base64');
        told.copy(this.#digests, first * digestBytes);
        let missing = 0;
        for (let place = 0; place * digestBytes < told.length; place += 1) missing += await this.#take(first + place);
        await this.onPage(first);
        return { missing };
      },
      'disk.hole': async ({ first, blocks }) => {
        this.holes.push([first, blocks]);
        this.#digests.fill(0, first * digestBytes, (first + blocks) * digestBytes);
        this.copy.fill(0, first * blockBytes, (first + blocks) * blockBytes);
        return {};
      },
      'disk.seal': async ({ root }) => {
        const own = new Root(this.copy.length, blockBytes, this.algorithm);
        own.add(this.#digests);
        if (own.value() !== root) throw new Error('The roots differ.');
        const counts = { blocks: blockCount(this.copy.length), zero: 0, reused: 0, copied: 0, mended: 0, bytes_wire: 0 };
        return { root, ...counts, pulled: this.pulled.length, bytes_pulled: this.pulled.length * blockBytes };
      },
    };
  }

  async #take(block: number): Promise<number> {
    const { offset, length } = extentOf(block, this.copy.length);
    const own = this.copy.subarray(offset, offset + length);
    const wanted = this.#digests.subarray(block * digestBytes, (block + 1) * digestBytes);
    if (blockDigest(this.algorithm, own).equals(wanted)) return 0;
    if (wanted.every((byte) => byte === 0)) own.fill(0);
    else (await this.pull(block, 1)).copy(own);
    if (!blockDigest(this.algorithm, own).equals(wanted)) throw new Error(`Block ${block} arrived wrong.`);
    return 1;
  }

  get #live(): Connection<'receiver'> {
    if (this.connection === null) throw new Error('Nobody is connected.');
    return this.connection;
  }
}

/** A disk that only this process can read, with the extents it tells, and what was read of it. */
export function aForeignDisk(
  disk: Buffer,
  extents?: readonly Extent[],
): { source: BlockSource; read: (readonly [number, number])[] } {
  const read: (readonly [number, number])[] = [];
  const source: BlockSource = {
    size: disk.length,
    async read(offset, length, into = Buffer.alloc(length)) {
      read.push([offset, length]);
      disk.copy(into, 0, offset, offset + length);
      return into.subarray(0, length);
    },
    ...(extents === undefined
      ? {}
      : {
          async *extents() {
            yield* extents;
          },
        }),
    close: async () => undefined,
  };
  return { source, read };
}

/** Whoever answers a sender. */
export interface Answering {
  handlers(connection: Connection<'receiver'>): Partial<Handlers<'receiver'>>;
}

/** What a test may change about the sender. */
export interface SenderOptions {
  readonly workers?: WorkerPool;
  readonly features?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onDisk?: OfferTools['onDisk'];
  /** Connections that carry data beside the first. */
  readonly connections?: number;
  /** How hard frames are packed; by what this machine and line show, unless given. */
  readonly levels?: LevelChoice;
  /** How fast the line is. */
  readonly throttle?: Throttle;
  /** Is given every socket that the sender opens. */
  readonly onDial?: (socket: WebSocket) => void;
}

/** Offers a source to a receiver over a real connection, as the copy phase of a move does. */
export async function sendTo(receiver: Answering, source: BlockSource, more: SenderOptions = {}): Promise<SealedDisk> {
  const loopback = await Loopback.open((socket) => {
    const connection = new Connection(socket, options('receiver', { features: more.features ?? [] }));
    connection.open(receiverHandlers(receiver.handlers(connection))).catch(() => undefined);
  });
  const workers = more.workers ?? new WorkerPool({ size: 2, buffers: 4 });
  const campaign = randomUUID();
  const peer = new Peer({
    name: 'the sender',
    release: '0.0.0',
    log: pino({ level: 'silent' }),
    campaign,
    connections: more.connections ?? 'auto',
    ...(more.throttle === undefined ? {} : { throttle: more.throttle }),
    dial: async () => {
      const socket = await loopback.dial();
      more.onDial?.(socket);
      return socket;
    },
  });
  onTestFinished(async () => {
    await peer.stop('The test is over.');
    await loopback.close();
    await workers.close();
  });
  peer.start();
  const folder = await aFolder();
  const cloud = { open: async () => source };
  const signal = more.signal ?? new AbortController().signal;
  const tools: OfferTools = { campaign, source: cloud, folder, signal, onDisk: more.onDisk ?? (() => undefined) };
  const move = { server: aServer({ id: 's1' }) } as Parameters<ReturnType<typeof offerDisk>>[0];
  const disk = { id: 's1.root' } as Parameters<ReturnType<typeof offerDisk>>[1];
  const snapshot = { id: 'snapshot', disk: disk.id, format: 'raw', size: source.size } as Parameters<
    ReturnType<typeof offerDisk>
  >[2];
  return offerDisk(peer, workers, more.levels)(move, disk, snapshot, tools);
}
