import { randomInt } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../../../protocol/connection/connection.ts';
import type { Handlers } from '../../../../protocol/messages.ts';
import { Throttle } from '../../../../protocol/pacing/throttle.ts';
import { Levels } from '../../../../sender/disks/levels.ts';
import type { LevelChoice } from '../../../../sender/disks/offer.ts';
import { WorkerPool } from '../../../../shared/disk/worker-pool.ts';
import { canComeAfter, decompress } from '../../../../shared/disk/zstd.ts';
import { blockBytes, digestBytes, pageBytes, pieceBytes } from '../../../../shared/model/disk.ts';
import { aForeignDisk, PlainReceiver, sendTo } from './a-sender.ts';

const afterPieces = 256;
/** Bytes per second. */
const slowLine = 3_500_000;

/** Words in random order: noise that packs, and more so at a high level. */
function aText(bytes: number): Buffer {
  const words = Array.from({ length: 4000 }, (_, index) => `word${index * 7919} `);
  const text: string[] = [];
  for (let length = 0; length < bytes; length += text.at(-1)?.length ?? 0) text.push(words[randomInt(words.length)] ?? '');
  return Buffer.from(text.join('')).subarray(0, bytes);
}

/**
 * A receiver that pulls a page at a time, lets each answer refer back to the page before if `lets`,
 * and compares what it gets.
 */
class Reading extends PlainReceiver {
  readonly codecs: string[] = [];
  readonly #disk: Buffer;
  readonly #lets: boolean;
  #wrong = 0;

  constructor(disk: Buffer, lets: boolean) {
    super(disk.length);
    this.#disk = disk;
    this.#lets = lets;
  }

  get wrong(): number {
    return this.#wrong;
  }

  override handlers(connection: Connection<'receiver'>): Partial<Handlers<'receiver'>> {
    return {
      ...super.handlers(connection),
      'disk.page': async ({ first, digests }) => {
        const blocks = Buffer.from(digests, 'base64').length / digestBytes;
        const from = (first * blockBytes) / pieceBytes;
        const count = (blocks * blockBytes) / pieceBytes;
        const after = first === 0 || !this.#lets ? {} : { after: [from - afterPieces, afterPieces] as const };
        const arrived = await connection.request('disk.pull', { handle: 1, pieces: [[from, count]], ...after });
        this.codecs.push(arrived.codec);
        const start = first * blockBytes;
        const end = (first + blocks) * blockBytes;
        const before = this.#disk.subarray(start - afterPieces * pieceBytes, start);
        const payload = Buffer.concat(arrived.payload);
        const raw =
          arrived.codec === 'none'
            ? payload
            : decompress(payload, end - start, arrived.codec === 'zstd-after' ? before : undefined);
        if (!raw.equals(this.#disk.subarray(start, end))) this.#wrong += 1;
        return { missing: blocks };
      },
      'disk.seal': async ({ root }) => {
        const counts = { blocks: 0, zero: 0, reused: 0, copied: 0, mended: 0, bytes_wire: 0, pulled: 0, bytes_pulled: 0 };
        return { root, ...counts };
      },
    };
  }
}

/**
 * Levels that are chosen on the slow line, with threads that pack as fast as those of an idle
 * machine: both are reckoned here, so that a busy machine makes no difference.
 */
function levelsOnASlowLine(): LevelChoice {
  const msPerMiB: Readonly<Record<number, number>> = { 1: 2.2, 3: 4.2, 9: 12 };
  let nowMs = 0;
  let arrivedBytes = 0;
  const levels = new Levels(2, () => nowMs);
  return {
    next: (_, rawBytes) => levels.next({ arrivedBytes, busyMs: nowMs }, rawBytes),
    learn: (level, packed) => {
      arrivedBytes += packed.payload.length;
      nowMs += (packed.payload.length / slowLine) * 1000;
      levels.learn(level, { ...packed, workMs: ((msPerMiB[level] ?? 0) * packed.rawBytes) / (1024 * 1024) });
    },
  };
}

test.each([
  ['refer back to what their pulls name', true],
  ['never refer back where their pulls name nothing', false],
])('on a slow line frames %s', { timeout: 30_000 }, async (_, lets) => {
  const disk = aText(12 * pageBytes);
  const receiver = new Reading(disk, lets);
  const throttle = new Throttle();
  throttle.limit(slowLine);
  await sendTo(receiver, aForeignDisk(disk).source, { throttle, levels: levelsOnASlowLine() });
  expect(receiver.wrong).toBe(0);
  expect(receiver.codecs).toHaveLength(12);
  expect(receiver.codecs.includes('zstd-after')).toBe(lets);
});

test('what looks like a prepared dictionary of zstd is not referred to', async () => {
  const workers = new WorkerPool({ size: 1, buffers: 1 });
  onTestFinished(() => workers.close());
  const bytes = aText(pageBytes);
  const after = aText(256 * pieceBytes);
  const parts = [{ from: { bytes, base: 0 }, ranges: [[0, pageBytes] as const] }];
  expect((await workers.run('pack', { parts, level: 6, after }, { turn: workers })).codec).toBe('zstd-after');
  after.writeUInt32LE(0xec30a437, 0);
  expect(canComeAfter(after)).toBe(false);
  const packed = await workers.run('pack', { parts, level: 6, after }, { turn: workers });
  expect(packed.codec).toBe('zstd');
  expect(decompress(packed.payload, pageBytes).equals(bytes)).toBe(true);
});
