import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { algorithms, blockDigest, digestOf } from '../../../../shared/disk/block-digest.ts';
import { directUnit, openDirect } from '../../../../shared/disk/direct.ts';
import type { Task } from '../../../../shared/disk/jobs.ts';
import { WorkerPool } from '../../../../shared/disk/worker-pool.ts';
import { pageBytes, pieceBytes } from '../../../../shared/model/disk.ts';
import { aFolder, problemOf } from '../../../support/folder.ts';

const run = promisify(execFile);
const blockSize = 4096;
const algorithm = 'sha256';
const turn = {};
const { signal } = new AbortController();

function aPool(options: ConstructorParameters<typeof WorkerPool>[0] = { size: 2, buffers: 3 }): WorkerPool {
  const workers = new WorkerPool(options);
  onTestFinished(() => workers.close());
  return workers;
}

/** A file of this test that is open for reading and writing. */
async function aFile(bytes: Uint8Array = new Uint8Array()): Promise<{ fd: number; content: () => Promise<Buffer> }> {
  const file = await open(join(await aFolder(), 'disk'), 'w+');
  onTestFinished(() => file.close());
  await file.write(bytes, 0, bytes.length, 0);
  const content = async (): Promise<Buffer> => {
    const all = Buffer.alloc((await file.stat()).size);
    await file.read(all, 0, all.length, 0);
    return all;
  };
  return { fd: file.fd, content };
}

/** The digests of blocks, one after the other. */
const digestsOf = (blocks: readonly Uint8Array[]): Buffer => Buffer.concat(blocks.map((block) => blockDigest(algorithm, block)));

/** The parts that a line may have cut bytes into. */
function cut(bytes: Uint8Array): readonly Uint8Array[] {
  const a = Math.floor(bytes.length / 3);
  const b = Math.floor((2 * bytes.length) / 3);
  return [bytes.slice(0, a), bytes.slice(a, b), bytes.slice(b)];
}

/** Unpacks raw blocks that lie one after the other. */
function unpacking(blocks: readonly Buffer[], fd: number): Task<'unpack'> {
  const payload = Buffer.concat(blocks);
  let at = 0;
  const wanted = blocks.map(({ length }, index) => {
    at += length;
    return { offset: index * blockSize, parts: [{ at: at - length, length }] };
  });
  return {
    payload: [payload],
    codec: 'none',
    rawBytes: payload.length,
    blocks: wanted,
    digests: digestsOf(blocks),
    algorithm,
    file: { fd },
  };
}

const letter = (name: string, length = blockSize): Buffer => Buffer.alloc(length, name);

test.each(algorithms)(
  'a page is read into its buffer and named by %s, zeros by zeros, the last short block too',
  async (which) => {
    const workers = aPool();
    const disk = Buffer.concat([letter('a'), Buffer.alloc(blockSize), letter('b', 100)]);
    const { fd } = await aFile(disk);
    const buffer = await workers.buffer(turn, signal);
    const job = { buffer: buffer.memory, offset: 0, length: disk.length, blockSize, algorithm: which };
    const digests = await workers.run('digest', { ...job, file: { fd } }, { turn });
    const expected = [digestOf(which, letter('a')), Buffer.alloc(32), digestOf(which, letter('b', 100))];
    expect(Buffer.from(digests).equals(Buffer.concat(expected))).toBe(true);
    expect(Buffer.from(buffer.memory, 0, disk.length).equals(disk)).toBe(true);
    expect(await workers.run('digest', job, { turn })).toEqual(digests);
    buffer.release();
  },
);

test('a file that ends before the page does is a changed disk', async () => {
  const { fd } = await aFile(letter('a'));
  const job = { file: { fd }, offset: 0, length: blockSize + 1, blockSize, algorithm } as const;
  expect((await problemOf(aPool().run('digest', job, { turn }))).code).toBe('E_DISK_CHANGED');
});

test('a disk that takes no more bytes is a full disk, a file that is not open a defect, and the thread lives on', async () => {
  const workers = aPool({ size: 1 });
  const full = await open('/dev/full', 'r+');
  onTestFinished(() => full.close());
  expect((await problemOf(workers.run('unpack', unpacking([letter('a')], full.fd), { turn }))).code).toBe('E_DISK_FULL');
  expect((await problemOf(workers.run('unpack', unpacking([letter('a')], 9999), { turn }))).code).toBe('E_BUG');
  const { fd, content } = await aFile();
  expect(await workers.run('unpack', unpacking([letter('a')], fd), { turn })).toEqual([]);
  expect(await content()).toEqual(letter('a'));
});

test('ranges are packed from a buffer and from a file alike, and unpack to the same bytes', async () => {
  const workers = aPool();
  const disk = Buffer.concat(['a', 'b', 'c', 'd'].map((name) => letter(name)));
  const { fd } = await aFile(disk);
  const buffer = await workers.buffer(turn, signal);
  Buffer.from(buffer.memory).set(disk);
  const ranges = [
    [0, blockSize],
    [2 * blockSize, 2 * blockSize],
  ] as const;
  for (const from of [{ fd }, { buffer: buffer.memory, base: 0 }]) {
    for (const level of [0, 3]) {
      const packed = await workers.run('pack', { parts: [{ from, ranges }], level }, { turn });
      expect(packed).toMatchObject({ codec: level === 0 ? 'none' : 'zstd', rawBytes: 3 * blockSize });
      expect(packed.payload.length).toBeLessThanOrEqual(level === 0 ? 3 * blockSize : 200);
      const copy = await aFile();
      const { digests, blocks } = unpacking([letter('a'), letter('c'), letter('d')], copy.fd);
      const bad = await workers.run(
        'unpack',
        { ...packed, payload: cut(packed.payload), blocks, digests, algorithm, file: { fd: copy.fd } },
        { turn, gives: [packed.payload] },
      );
      expect(bad).toEqual([]);
      expect(await copy.content()).toEqual(Buffer.concat([letter('a'), letter('c'), letter('d')]));
      expect(packed.payload.length).toBe(0);
    }
  }
  buffer.release();
});

test('what does not compress goes raw, however high the level', async () => {
  const noise = randomBytes(100_000);
  const { fd } = await aFile(noise);
  const packed = await aPool().run('pack', { parts: [{ from: { fd }, ranges: [[0, noise.length]] }], level: 6 }, { turn });
  expect(packed.codec).toBe('none');
  expect(Buffer.from(packed.payload).equals(noise)).toBe(true);
});

test('a block that is not what its digest says is not written, and named; the others are', async () => {
  const { fd, content } = await aFile();
  const task = unpacking([letter('a'), letter('b'), letter('c')], fd);
  const digests = digestsOf([letter('a'), letter('x'), letter('c')]);
  expect(await aPool().run('unpack', { ...task, digests }, { turn })).toEqual([1]);
  expect(await content()).toEqual(Buffer.concat([letter('a'), Buffer.alloc(blockSize), letter('c')]));
});

test('a block is put together from parts of the payload and of files before it is checked', async () => {
  const donor = await aFile(letter('d', 2 * blockSize));
  const { fd, content } = await aFile();
  const block = Buffer.concat([letter('p', 1000), letter('d', 2000), letter('q', 1096)]);
  const parts = [
    { at: 0, length: 1000 },
    { at: 500, length: 2000, fd: donor.fd },
    { at: 1000, length: 1096 },
  ];
  const payload = cut(Buffer.concat([letter('p', 1000), letter('q', 1096)]));
  const task = { payload, codec: 'none', rawBytes: 2096, blocks: [{ offset: 0, parts }], algorithm, file: { fd } } as const;
  expect(await aPool().run('unpack', { ...task, digests: digestsOf([block]) }, { turn })).toEqual([]);
  expect(await content()).toEqual(block);
  expect(await aPool().run('unpack', { ...task, digests: digestsOf([letter('z')]) }, { turn })).toEqual([0]);
});

test('what a block keeps of itself stays where it is, and what it takes from elsewhere in its own file is taken from there', async () => {
  const old = Buffer.concat([letter('a'), letter('b', 2000), letter('c', 2096)]);
  const { fd, content } = await aFile(old);
  const block = Buffer.concat([letter('b', 2000), letter('p', 1096), letter('a', 1000)]);
  const parts = [
    { at: blockSize, length: 2000, fd },
    { at: 0, length: 1096 },
    { at: 0, length: 1000, fd },
  ];
  const task = { payload: [letter('p', 1096)], codec: 'none', rawBytes: 1096, blocks: [{ offset: blockSize, parts }] } as const;
  const rest = { digests: digestsOf([block]), algorithm, file: { fd } } as const;
  expect(await aPool().run('unpack', { ...task, ...rest }, { turn })).toEqual([]);
  expect(await content()).toEqual(Buffer.concat([letter('a'), block]));
});

test('a payload of more or fewer bytes than were asked for is refused before it is believed', async () => {
  const workers = aPool();
  const bomb = await aFile(Buffer.alloc(pageBytes));
  const { payload } = await workers.run(
    'pack',
    { parts: [{ from: { fd: bomb.fd }, ranges: [[0, pageBytes]] }], level: 1 },
    { turn },
  );
  expect(payload.length).toBeLessThan(2000);
  const { fd, content } = await aFile();
  const task = { payload: [payload], codec: 'zstd', blocks: [], digests: new Uint8Array(), algorithm, file: { fd } } as const;
  for (const rawBytes of [1, 4096, pageBytes - 1, pageBytes + 1])
    expect((await problemOf(workers.run('unpack', { ...task, rawBytes }, { turn }))).code).toBe('E_MALFORMED');
  expect(await workers.run('unpack', { ...task, rawBytes: pageBytes }, { turn })).toEqual([]);
  const garbage = { ...task, payload: [Buffer.from('not zstd at all')], rawBytes: 100 };
  expect((await problemOf(workers.run('unpack', garbage, { turn }))).code).toBe('E_MALFORMED');
  expect((await content()).length).toBe(0);
});

test('check names the blocks that differ, over all ranges; behind its end a file is zeros', async () => {
  const { fd } = await aFile(Buffer.concat([letter('a'), letter('b'), letter('c')]));
  const digests = digestsOf([letter('a'), letter('x'), letter('c'), Buffer.alloc(blockSize)]);
  const ranges = [
    [0, 2 * blockSize],
    [2 * blockSize, 2 * blockSize],
  ] as const;
  expect(await aPool().run('check', { file: { fd }, ranges, digests, blockSize, algorithm }, { turn })).toEqual([1]);
});

test("a donor's blocks are written only where they are what was wanted, also where they lie together", async () => {
  const donor = await aFile(Buffer.concat([letter('a'), letter('b'), letter('c')]));
  const { fd, content } = await aFile();
  const blocks = [0, 1, 2].map((block) => ({
    offset: block * blockSize,
    parts: [{ fd: donor.fd, at: block * blockSize, length: blockSize }],
  }));
  const digests = digestsOf([letter('a'), letter('z'), letter('c')]);
  const task = { payload: [], codec: 'none', rawBytes: 0, blocks, digests, algorithm, file: { fd } } as const;
  expect(await aPool().run('unpack', task, { turn })).toEqual([1]);
  expect(await content()).toEqual(Buffer.concat([letter('a'), Buffer.alloc(blockSize), letter('c')]));
});

test('pieces are named by eight bytes each, in the order asked', async () => {
  const disk = Buffer.concat([letter('a', pieceBytes), letter('b', pieceBytes), letter('c', 100)]);
  const { fd } = await aFile(disk);
  const ranges = [
    [2 * pieceBytes, 100],
    [0, 2 * pieceBytes],
  ] as const;
  const named = await aPool().run('pieces', { parts: [{ from: { fd }, ranges }], algorithm }, { turn });
  const expected = [letter('c', 100), letter('a', pieceBytes), letter('b', pieceBytes)];
  expect(Buffer.from(named)).toEqual(Buffer.concat(expected.map((piece) => digestOf(algorithm, piece).subarray(0, 8))));
});

test('a pool that closes lets what is under way end, refuses what waits and what comes later', async () => {
  const workers = new WorkerPool({ size: 1 });
  const { fd } = await aFile(Buffer.alloc(pageBytes, 'a'));
  const job = { file: { fd }, offset: 0, length: pageBytes, blockSize, algorithm } as const;
  const asked = Array.from({ length: 6 }, () => workers.run('digest', job, { turn }));
  const ends = Promise.allSettled(asked);
  await workers.close();
  const states = (await ends).map(({ status }) => status);
  expect(states).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected', 'rejected']);
  expect((await problemOf(workers.run('digest', job, { turn }))).code).toBe('E_CANCELLED');
  await workers.close();
});

test('a thread is not terminated, for it may be loading a native module: a pool that closes waits until it has ended', async () => {
  const threads: Worker[] = [];
  const hear = (thread: Worker): void => void threads.push(thread);
  process.on('worker', hear);
  onTestFinished(() => void process.off('worker', hear));
  const workers = new WorkerPool({ size: 2 });
  workers.start();
  await setImmediate();
  const ends = threads.map((thread) => once(thread, 'exit'));
  await Promise.all(threads.map((thread) => once(thread, 'online')));
  await Promise.all([workers.close(), workers.close()]);
  // A terminated thread ends with 1.
  expect(await Promise.all(ends)).toEqual([[0], [0]]);
});

test('a pool that is told to start runs all its threads before there is work, once, and none after it was closed', async () => {
  const threads: Worker[] = [];
  const hear = (thread: Worker): void => void threads.push(thread);
  process.on('worker', hear);
  onTestFinished(() => void process.off('worker', hear));
  const workers = aPool({ size: 3 });
  await setImmediate();
  expect(threads).toHaveLength(0);
  workers.start();
  await setImmediate();
  expect(threads).toHaveLength(3);
  await Promise.all(threads.map((thread) => once(thread, 'online')));
  workers.start();
  const { fd } = await aFile(letter('a'));
  const job = { file: { fd }, offset: 0, length: blockSize, blockSize, algorithm } as const;
  await Promise.all(Array.from({ length: 6 }, () => workers.run('digest', job, { turn })));
  await workers.close();
  workers.start();
  await setImmediate();
  expect(threads).toHaveLength(3);
});

test('a long stretch that is punched reads as zeros and takes no room, also where nothing can be punched', async () => {
  const workers = aPool();
  const path = join(await aFolder(), 'disk');
  const file = await open(path, 'w+');
  onTestFinished(() => file.close());
  const many = 8 * 1024 * 1024;
  const noise = randomBytes(many + 2 * blockSize);
  for (const where of [path, join(path, 'nowhere')]) {
    await file.write(noise, 0, noise.length, 0);
    await file.sync();
    const written = await workers.run('punch', { path: where, fd: file.fd, ranges: [[blockSize, many]] }, { turn });
    const bytes = Buffer.alloc(noise.length);
    await file.read(bytes, 0, bytes.length, 0);
    expect(
      bytes.equals(Buffer.concat([noise.subarray(0, blockSize), Buffer.alloc(many), noise.subarray(many + blockSize)])),
    ).toBe(true);
    expect(written).toEqual(where === path ? [] : [0]);
    if (where === path) expect((await file.stat()).blocks * 512).toBeLessThanOrEqual(3 * blockSize);
  }
});

test('a thousand short stretches become zeros without a process for each', async () => {
  const workers = aPool();
  const path = join(await aFolder(), 'disk');
  const file = await open(path, 'w+');
  onTestFinished(() => file.close());
  const noise = randomBytes(2000 * blockSize);
  await file.write(noise, 0, noise.length, 0);
  const ranges = Array.from({ length: 1000 }, (_, at) => [2 * at * blockSize, blockSize] as const);
  // A process takes some milliseconds of the system, and a thousand of them seconds.
  const written = await workers.run('punch', { path, fd: file.fd, ranges }, { turn });
  expect(written).toHaveLength(1000);
  const bytes = Buffer.alloc(noise.length);
  await file.read(bytes, 0, bytes.length, 0);
  for (let block = 0; block < 2000; block += 1) {
    const wanted = block % 2 === 0 ? Buffer.alloc(blockSize) : noise.subarray(block * blockSize, (block + 1) * blockSize);
    expect(bytes.subarray(block * blockSize, (block + 1) * blockSize).equals(wanted)).toBe(true);
  }
});

test('what is written past the page cache is read back both ways, the end of a disk that fits no unit too', async () => {
  const path = join(await aFolder(), 'disk');
  const file = await open(path, 'w+');
  onTestFinished(() => file.close());
  const direct = await openDirect(path, 'r+');
  // Where this machine's file system has no such way, the usual one alone is proven; tmpfs had none
  // for long.
  onTestFinished(async () => direct?.close());
  const disk = [letter('a'), letter('b'), letter('c'), letter('d', directUnit / 4 + 1)];
  const bytes = Buffer.concat(disk);
  await file.truncate(bytes.length);
  const opened = { fd: file.fd, direct: direct?.fd };
  const workers = aPool();
  expect(await workers.run('unpack', { ...unpacking(disk, file.fd), file: opened }, { turn })).toEqual([]);
  expect((await readFile(path)).equals(bytes)).toBe(true);
  const check = { file: opened, ranges: [[0, bytes.length]], blockSize, algorithm } as const;
  expect(await workers.run('check', { ...check, digests: digestsOf(disk) }, { turn })).toEqual([]);
  // Both ways see the same file.
  await file.write(Buffer.from('x'), 0, 1, blockSize + 7);
  expect(await workers.run('check', { ...check, digests: digestsOf(disk) }, { turn })).toEqual([1]);
  const buffer = await workers.buffer(turn, signal);
  const digest = { file: opened, buffer: buffer.memory, offset: 0, length: bytes.length, blockSize, algorithm } as const;
  expect(Buffer.from(await workers.run('digest', digest, { turn })).subarray(0, 32)).toEqual(digestsOf([letter('a')]));
  buffer.release();
});

test('a disk is named alike from the page cache and past it', async () => {
  const path = join(await aFolder(), 'disk');
  const disk = [letter('a', 16 * blockSize), letter('b', 16 * blockSize), letter('c', 100)];
  await writeFile(path, Buffer.concat(disk), { flush: true });
  const file = await open(path);
  const direct = await openDirect(path, 'r');
  onTestFinished(async () => void (await Promise.all([file.close(), direct?.close()])));
  const workers = aPool();
  const opened = { fd: file.fd, direct: direct?.fd, mayBeCached: true };
  const task = { file: opened, offset: 0, length: 32 * blockSize + 100, blockSize: 16 * blockSize, algorithm } as const;
  const named = async (): Promise<Buffer> => Buffer.from(await workers.run('digest', task, { turn }));
  expect(await named()).toEqual(digestsOf(disk));
  // The page cache forgets the file: dd(1), nocache.
  await run('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
  expect(await named()).toEqual(digestsOf(disk));
});

test('a job that cannot be handed to a thread is refused, and the thread goes on', async () => {
  const workers = aPool({ size: 1 });
  const bad = { parts: [], level: 1, after: (() => undefined) as unknown as Uint8Array };
  const problem = await problemOf(workers.run('pack', bad, { turn }));
  expect([problem.code, problem.message]).toEqual(['E_BUG', expect.stringContaining('could not be cloned')]);
  expect(workers.load).toEqual({ waiting: 0, working: 0 });
  expect(await workers.run('pieces', { parts: [], algorithm }, { turn })).toHaveLength(0);
});
