import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NbdClient } from '../../../../shared/nbd/client.ts';
import { magics, optionReplies, options } from '../../../../shared/nbd/wire.ts';
import {
  anNbdServer,
  type Behaviour,
  chunk,
  dataChunk,
  type Heard,
  optionReply,
  statusChunk,
  u16,
  u32,
  u64,
} from './an-nbd-server.ts';

const soon = (): AbortSignal => AbortSignal.timeout(10_000);

async function aClient(behaviour: Behaviour): Promise<NbdClient> {
  const client = await NbdClient.connect(await anNbdServer(behaviour), '', soon());
  onTestFinished(() => client.close());
  return client;
}

const disk = randomBytes(1024 * 1024);
const bytesOf = ({ offset, length }: Heard): Buffer => disk.subarray(offset, offset + length);

describe('an NBD client', () => {
  test('reads into the buffer it is given, whatever the order of the answers and of their pieces', async () => {
    const waiting: [Heard, Socket][] = [];
    const client = await aClient({
      request: (heard, socket) => {
        waiting.push([heard, socket]);
        if (waiting.length < 3) return;
        for (const [each, to] of waiting.reverse()) {
          const half = Math.floor(each.length / 2);
          to.write(dataChunk(each.cookie, each.offset + half, bytesOf(each).subarray(half), false));
          to.write(dataChunk(each.cookie, each.offset, bytesOf(each).subarray(0, half)));
        }
      },
    });
    const into = Buffer.alloc(400_000);
    const read = await Promise.all([client.read(1, 300_001, into), client.read(500_000, 7), client.read(0, disk.length)]);
    expect(read[0].buffer).toBe(into.buffer);
    expect(read[0].equals(disk.subarray(1, 300_002))).toBe(true);
    expect(read[1].equals(disk.subarray(500_000, 500_007))).toBe(true);
    expect(read[2].equals(disk)).toBe(true);
  });

  test('fills the holes of a disk with zeros', async () => {
    const client = await aClient({
      request: ({ cookie, offset, length }, socket) => {
        socket.write(chunk(cookie, 2, Buffer.concat([u64(offset), u32(length - 10)]), { done: false }));
        socket.write(dataChunk(cookie, offset + length - 10, Buffer.alloc(10, 1), false));
        socket.write(chunk(cookie, 0, Buffer.alloc(0)));
      },
    });
    const read = await client.read(100, 1000, Buffer.alloc(1000, 0xff));
    expect(read.equals(Buffer.concat([Buffer.alloc(990), Buffer.alloc(10, 1)]))).toBe(true);
  });

  test('fails one read that the server calls failed, and goes on', async () => {
    const client = await aClient({
      request: (heard, socket) => {
        const error = Buffer.concat([u32(5), u16(4), Buffer.from('oops')]);
        socket.write(
          heard.offset === 0 ? chunk(heard.cookie, 0x8001, error) : dataChunk(heard.cookie, heard.offset, bytesOf(heard)),
        );
      },
    });
    await expect(client.read(0, 10)).rejects.toMatchObject({ code: 'E_NBD', message: expect.stringContaining('EIO, oops') });
    expect((await client.read(10, 10)).equals(disk.subarray(10, 20))).toBe(true);
  });

  test('tells extents, cut to what was asked, and a context that is not there', async () => {
    const client = await aClient({
      request: ({ cookie }, socket) =>
        socket.write(
          statusChunk(cookie, [
            [100, 0],
            [5000, 3],
          ]),
        ),
    });
    expect(client.has('base:allocation')).toBe(true);
    expect(await client.status('base:allocation', 0, 200)).toEqual([
      { length: 100, flags: 0 },
      { length: 100, flags: 3 },
    ]);
    expect(client.has('qemu:dirty-bitmap:b')).toBe(false);
    await expect(client.status('qemu:dirty-bitmap:b', 0, 200)).rejects.toMatchObject({ code: 'E_NBD' });
  });

  test('never asks for what is not in the disk', async () => {
    const client = await aClient({});
    await expect(client.read(disk.length - 1, 2)).rejects.toMatchObject({ code: 'E_BUG' });
    await expect(client.status('base:allocation', -1, 2)).rejects.toMatchObject({ code: 'E_BUG' });
  });

  test('fails what is in flight, and what comes after, when the server goes away', async () => {
    const client = await aClient({ request: (_, socket) => socket.destroy() });
    const reads = await Promise.allSettled([client.read(0, 10), client.read(10, 10)]);
    expect(reads.map((read) => read.status === 'rejected' && (read.reason as { code: string }).code)).toEqual(['E_NBD', 'E_NBD']);
    await expect(client.read(0, 10)).rejects.toMatchObject({ code: 'E_NBD' });
  });
});

/** Answers a request with what is wrong. */
const answering = (wrong: (heard: Heard) => Buffer): Behaviour => ({ request: (heard, socket) => socket.write(wrong(heard)) });

describe('an NBD client refuses, and ends the connection,', () => {
  test.each<[what: string, behaviour: Behaviour]>([
    ['bytes beyond the read', answering(({ cookie, offset }) => dataChunk(cookie, offset + 1, Buffer.alloc(100)))],
    ['bytes before the read', answering(({ cookie, offset }) => dataChunk(cookie, offset - 1, Buffer.alloc(100)))],
    [
      'the same bytes twice',
      answering(({ cookie, offset }) =>
        Buffer.concat([dataChunk(cookie, offset, Buffer.alloc(60), false), dataChunk(cookie, offset + 40, Buffer.alloc(60))]),
      ),
    ],
    ['an answer that ends early', answering(({ cookie, offset }) => dataChunk(cookie, offset, Buffer.alloc(99)))],
    ['an answer without bytes', answering(({ cookie }) => chunk(cookie, 0, Buffer.alloc(0)))],
    ['an answer to what was not asked', answering(({ cookie, offset }) => dataChunk(cookie + 1n, offset, Buffer.alloc(100)))],
    [
      'a chunk that announces more than was asked',
      answering(({ cookie, offset }) => chunk(cookie, 1, u64(offset), { length: 0xffff_ffff })),
    ],
    [
      'a hole that is larger than the read',
      answering(({ cookie, offset }) => chunk(cookie, 2, Buffer.concat([u64(offset), u32(0xffff_ffff)]))),
    ],
    ['extents where bytes were asked for', answering(({ cookie }) => statusChunk(cookie, [[100, 0]]))],
    ['an error of four gigabytes', answering(({ cookie }) => chunk(cookie, 0x8001, Buffer.alloc(0), { length: 0xffff_ffff }))],
    [
      'a simple reply',
      answering(({ cookie }) => Buffer.concat([u32(magics.simpleReply), u32(0), u64(cookie), Buffer.alloc(100)])),
    ],
    ['noise', answering(() => randomBytes(4096))],
  ])('%s', async (_, behaviour) => {
    const client = await aClient(behaviour);
    await expect(client.read(1000, 100)).rejects.toMatchObject({ code: 'E_NBD' });
    await expect(client.read(0, 1), 'afterwards').rejects.toMatchObject({ code: 'E_NBD' });
  });

  test.each<[what: string, behaviour: Behaviour]>([
    ['no extent', answering(({ cookie }) => statusChunk(cookie, []))],
    ['an extent of nothing', answering(({ cookie }) => statusChunk(cookie, [[0, 0]]))],
    [
      'extents beyond what was asked',
      answering(({ cookie }) =>
        statusChunk(cookie, [
          [100, 0],
          [1, 1],
        ]),
      ),
    ],
    ['half an extent', answering(({ cookie }) => chunk(cookie, 5, Buffer.concat([u32(7), u32(100)])))],
    ['extents of another context alone', answering(({ cookie }) => statusChunk(cookie, [[100, 0]], 8))],
    ['bytes where extents were asked for', answering(({ cookie, offset }) => dataChunk(cookie, offset, Buffer.alloc(100)))],
    ['extents of four gigabytes', answering(({ cookie }) => chunk(cookie, 5, u32(7), { length: 0xffff_fff8 }))],
  ])('%s', async (_, behaviour) => {
    const client = await aClient(behaviour);
    await expect(client.status('base:allocation', 1000, 100)).rejects.toMatchObject({ code: 'E_NBD' });
    await expect(client.read(0, 1), 'afterwards').rejects.toMatchObject({ code: 'E_NBD' });
  });

  const insteadOf = (option: number, wrong: Buffer): Behaviour => ({ option: (asked) => (asked === option ? wrong : undefined) });

  test.each<[what: string, behaviour: Behaviour]>([
    ['another protocol', { hello: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }],
    [
      'the oldest form of the protocol',
      { hello: Buffer.concat([u64(magics.init), u64(0x420281861253n), u64(1024), Buffer.alloc(128)]) },
    ],
    ['a server that is not fixed', { hello: Buffer.concat([u64(magics.init), u64(magics.option), u16(0)]) }],
    [
      'a server without structured replies',
      insteadOf(options.structuredReply, optionReply(options.structuredReply, optionReplies.refusal + 1)),
    ],
    [
      'an export that is not there',
      insteadOf(options.go, optionReply(options.go, optionReplies.refusal + 6, Buffer.from('export not present'))),
    ],
    ['an export without a size', insteadOf(options.go, optionReply(options.go, optionReplies.ack))],
    ['a disk of 2^63 bytes', { size: 2n ** 63n }],
    ['an answer to another option', insteadOf(options.go, optionReply(3, optionReplies.ack))],
    [
      'an answer of four gigabytes',
      insteadOf(options.go, Buffer.concat([u64(magics.optionReply), u32(options.go), u32(3), u32(0xffff_ffff)])),
    ],
    [
      'answers without end',
      insteadOf(options.go, Buffer.concat(Array.from({ length: 100 }, () => optionReply(options.go, 3, u16(9))))),
    ],
    [
      'a context that was not asked for',
      insteadOf(options.setMetaContext, optionReply(options.setMetaContext, 4, Buffer.concat([u32(1), Buffer.from('x:y')]))),
    ],
  ])('%s', async (_, behaviour) => {
    const path = await anNbdServer(behaviour);
    await expect(NbdClient.connect(path, '', soon())).rejects.toMatchObject({ code: 'E_NBD' });
  });

  test('a server that is silent, as soon as it is told to', async () => {
    const path = await anNbdServer({ hello: Buffer.alloc(0) });
    await expect(NbdClient.connect(path, '', AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'E_NBD' });
  });

  test('a socket that is not there', async () => {
    await expect(NbdClient.connect('/nowhere/nbd', '', soon())).rejects.toMatchObject({ code: 'E_NBD' });
  });
});
