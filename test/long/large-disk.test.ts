import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Copy } from '../../receiver/disks/copy/copy.ts';
import { Donors } from '../../receiver/disks/dedup/donors.ts';
import { Disks } from '../../receiver/disks/disks.ts';
import { Puller } from '../../receiver/disks/pull/puller.ts';
import { Window } from '../../receiver/disks/pull/window.ts';
import { Budget } from '../../receiver/disks/store/budget.ts';
import { FreeSpace } from '../../receiver/disks/store/free-space.ts';
import { blockDigest } from '../../shared/disk/block-digest.ts';
import { asQcow2 } from '../../shared/disk/qcow2.ts';
import { WorkerPool } from '../../shared/disk/worker-pool.ts';
import { blockBytes, blockCount, digestBytes, pageBlocks, pieceBytes } from '../../shared/model/disk.ts';
import { longestTurnMs, watchTurns } from '../support/turns.ts';

const size = 16e12;
const shape = { size, blockSize: blockBytes, algorithm: 'blake3' } as const;
const blocks = blockCount(size, blockBytes);
/** Pages of data in the disk, far from each other; every second block of them is zeros. */
const pages = 100;
const apart = Math.floor(blocks / pages);

const never = new AbortController().signal;
const block = Buffer.alloc(blockBytes, 7);
const digests = Buffer.concat(
  Array.from({ length: pageBlocks }, (_, at) => (at % 2 === 0 ? blockDigest('blake3', block) : Buffer.alloc(digestBytes))),
);

let folder: string;
let workers: WorkerPool;
let disks: Disks;
let copy: Copy;
let puller: Puller;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-large-'));
  workers = new WorkerPool();
  disks = someDisks();
});

afterAll(async () => {
  await disks.close();
  await workers.close();
  await rm(folder, { recursive: true, force: true });
});

/** The disks of a campaign in the folder, as a daemon that was just started has them. */
function someDisks(): Disks {
  const blockMemory = new Budget(512 * 1024 * 1024);
  const donors = new Donors(workers);
  const freeSpace = new FreeSpace(folder);
  return new Disks('campaign', folder, {
    workers,
    donors,
    freeSpace,
    blockMemory,
    directIo: true,
    log: pino({ level: 'silent' }),
  });
}

/** Runs a step; prints its longest turn and its time, and refuses too long a turn. */
async function inShortTurns<T>(what: string, step: () => Promise<T>): Promise<T> {
  const turns = watchTurns();
  const begun = performance.now();
  const result = await step();
  const longest = turns.stop();
  const memory = process.memoryUsage().rss / 2 ** 20;
  console.log(
    `${what}: longest turn ${longest.toFixed(1)} ms, ${((performance.now() - begun) / 1000).toFixed(1)} s, ${memory.toFixed(0)} MiB`,
  );
  expect(longest).toBeLessThan(longestTurnMs);
  return result;
}

test('a disk of 16 TB is declared', async () => {
  copy = await inShortTurns('declare', () => disks.offer('s1', 'd1', shape));
  const pull = async (pieces: readonly (readonly [number, number])[]) => {
    const bytes = Buffer.alloc(pieces.reduce((sum, [, count]) => sum + count, 0) * pieceBytes, 7);
    return { codec: 'none' as const, rawBytes: bytes.length, payload: [bytes] };
  };
  const asker = { pull, refine: async () => Buffer.alloc(0) };
  puller = new Puller(copy.file.target, asker, new Window(64 * 1024 * 1024), copy, never);
});

test('its holes are made and its pages filled', async () => {
  await inShortTurns('fill', async () => {
    for (let page = 0; page < pages; page += 1) {
      await copy.take(page * apart, digests, puller);
      await copy.hole(page * apart + pageBlocks, (page + 1 < pages ? apart : blocks - page * apart) - pageBlocks);
    }
  });
});

test('it is sealed, which maps its holes', async () => {
  const root = await inShortTurns('root', () => copy.file.root());
  await inShortTurns('seal', () => disks.seal('s1', 'd1', root, puller));
});

test('it is presented as the qcow2 file that is uploaded', async () => {
  const source = await inShortTurns('open', () => disks.open('s1', 'd1'));
  const file = await inShortTurns('tables', () => asQcow2(source, never));
  await inShortTurns('read', async () => {
    const into = Buffer.alloc(1024 * 1024);
    const bytes = file?.size ?? 0;
    for (let at = 0; at < bytes; at += into.length) await file?.read(at, Math.min(into.length, bytes - at), into);
  });
  await source.close();
});

test('a daemon that starts again remembers it, and a next disk is offered at once', async () => {
  await inShortTurns('stop', () => disks.close());
  disks = someDisks();
  const begun = performance.now();
  await inShortTurns('start', () => disks.offer('s1', 'd2', { ...shape, size: 2 ** 30 }));
  // A request that is answered soon has a minute.
  expect(performance.now() - begun).toBeLessThan(60_000);
});

test('it is offered again, and all of it becomes a hole', async () => {
  copy = await inShortTurns('offer again', () => disks.offer('s1', 'd1', shape));
  await inShortTurns('hole', () => copy.hole(0, blocks));
  expect(copy.file.blocks.done).toBe(blocks);
});
