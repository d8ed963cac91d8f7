import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestOf, StreamDigest } from '../../../../shared/disk/stream-digest.ts';

const bytes = randomBytes(5 * 1024 * 1024 + 3);

async function* inPieces(length: number): AsyncGenerator<Uint8Array> {
  const scratch = Buffer.alloc(length);
  for (let at = 0; at < bytes.length; at += length) {
    const some = bytes.copy(scratch, 0, at, at + length);
    yield scratch.subarray(0, some);
  }
}

test('streams that are digested side by side, in pieces of any length, have the digests of their bytes', async () => {
  const pieces = [1000, 64 * 1024, 1024 * 1024, 6 * 1024 * 1024].map((length) => digestOf('sha512', inPieces(length)));
  const expected = createHash('sha512').update(bytes).digest('hex');
  expect(await Promise.all(pieces)).toEqual(pieces.map(() => expected));
  expect(await new StreamDigest('md5').end()).toBe(createHash('md5').digest('hex'));
});

test('a stream that is forgotten, or that fails, leaves nothing behind, and an unknown algorithm is told', async () => {
  const digest = new StreamDigest('sha256');
  await digest.add(bytes);
  digest.forget();
  digest.forget();
  await expect(digest.end()).rejects.toMatchObject({ code: 'E_BUG' });
  await expect(digestOf('crc7', inPieces(1024))).rejects.toThrow('Digest method not supported');
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
    throw new Error('The line broke.');
  };
  await expect(digestOf('sha256', broken())).rejects.toThrow('The line broke.');
});

test('the event loop has less work with a stream than its digest is', async () => {
  const mebibyte = bytes.subarray(0, 1024 * 1024);
  const cpuMs = async (work: () => Promise<unknown>): Promise<number> => {
    const before = process.threadCpuUsage();
    await work();
    const { user, system } = process.threadCpuUsage(before);
    return Math.round((user + system) / 1000);
  };
  const here = createHash('sha512');
  const digest = new StreamDigest('sha512');
  await digest.add(mebibyte);
  here.update(mebibyte);
  const alone = await cpuMs(async () => {
    for (let count = 0; count < 512; count += 1) here.update(mebibyte);
  });
  const beside = await cpuMs(async () => {
    for (let count = 0; count < 512; count += 1) await digest.add(mebibyte);
  });
  console.log(`512 MiB take ${beside} ms of the event loop, where their digest takes ${alone} ms`);
  expect(await digest.end()).toBe(here.digest('hex'));
  expect(beside).toBeLessThan(alone);
});
