import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { Closed } from '../../../../protocol/close.ts';
import { Connection, type ConnectionOptions } from '../../../../protocol/connection/connection.ts';
import { decodeText } from '../../../../protocol/connection/frame.ts';
import { limits } from '../../../../protocol/limits.ts';
import {
  aCampaign,
  aDocument,
  aPiece,
  aSession,
  encodeData,
  Loopback,
  options,
  receiverHandlers,
  senderHandlers,
} from '../../../support/protocol.ts';

const hello = { id: 1, name: 'session.hello', params: { role: 'sender', release: '0', features: [], name: 'a stranger' } };
const campaign = aCampaign();

let loopback: Loopback;
let receivers: { connection: Connection<'receiver'>; socket: WebSocket }[];
let receiverOptions: Partial<ConnectionOptions<'receiver'>>;

beforeEach(async () => {
  receivers = [];
  receiverOptions = {};
  loopback = await Loopback.open((socket) => {
    const connection = new Connection(socket, options('receiver', receiverOptions));
    receivers.push({ connection, socket });
    connection.open(receiverHandlers()).catch(() => {});
  });
});

// Whatever a test threw at it: the daemon still serves the next sender.
afterEach(async () => {
  const sender = new Connection(await loopback.dial(), options('sender'));
  await sender.open(senderHandlers());
  expect(await sender.request('campaign.open', { campaign })).toEqual({ known: false, state: 'new', session: aSession });
  await loopback.close();
});

/** A peer that says whatever it likes, and notes what it hears. */
class Stranger {
  readonly heard: ReturnType<typeof decodeText>[] = [];
  readonly closed: Promise<[code: number, reason: string]>;
  readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) this.heard.push(decodeText(data.toString()));
    });
    this.closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, reason.toString()])));
  }

  say(frame: unknown): void {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  async answer(id: number): Promise<unknown> {
    const heard = (): unknown => {
      const answer = this.heard.find((frame) => 'id' in frame && frame.id === id);
      if (!answer) throw new Error(`request ${id} is not answered yet`);
      return answer;
    };
    return await vi.waitFor(heard, { interval: 5 });
  }
}

async function aStranger(...frames: unknown[]): Promise<Stranger> {
  const stranger = new Stranger(await loopback.dial());
  for (const frame of frames) stranger.say(frame);
  return stranger;
}

const open = { id: 2, name: 'campaign.open', params: { campaign } };
const page = (params: object) => ({
  id: 3,
  name: 'disk.page',
  params: { handle: 1, first: 0, digests: Buffer.alloc(32).toString('base64'), ...params },
});
const offer = (params: object) => ({
  id: 3,
  name: 'disk.offer',
  params: { campaign, server: 's', disk: 'd', size: 1, block_size: 4096, algorithm: 'sha256', ...params },
});

describe('a request is answered with a problem, and the connection goes on', () => {
  it.each([
    ['before hello', [{ ...open, id: 3 }], 'E_OUT_OF_TURN'],
    ['that greets twice', [hello, { ...hello, id: 3 }], 'E_OUT_OF_TURN'],
    ['before its campaign is open', [hello, { id: 3, name: 'campaign.commit', params: { campaign } }], 'E_OUT_OF_TURN'],
    [
      'of another campaign',
      [hello, open, { id: 3, name: 'campaign.commit', params: { campaign: aCampaign() } }],
      'E_OTHER_CAMPAIGN',
    ],
    [
      'that opens another campaign',
      [hello, open, { id: 3, name: 'campaign.open', params: { campaign: aCampaign() } }],
      'E_OTHER_CAMPAIGN',
    ],
    ['that is unknown', [hello, { id: 3, name: 'campaign.destroy', params: {} }], 'E_UNKNOWN_MESSAGE'],
    ['named like a property of every object', [hello, { id: 3, name: '__proto__', params: {} }], 'E_UNKNOWN_MESSAGE'],
    ['without params', [hello, { id: 3, name: 'campaign.open' }], 'E_MALFORMED'],
    ['whose params are null', [hello, { id: 3, name: 'campaign.open', params: null }], 'E_MALFORMED'],
    ['whose campaign is a path', [hello, { id: 3, name: 'campaign.open', params: { campaign: '../../etc' } }], 'E_MALFORMED'],
    [
      'that only a receiver may make',
      [hello, open, { id: 3, name: 'disk.pull', params: { handle: 1, pieces: [[0, 1]] } }],
      'E_MALFORMED',
    ],
    ['with a negative block', [hello, open, page({ first: -1 })], 'E_MALFORMED'],
    ['with a page without digests', [hello, open, page({ digests: '' })], 'E_MALFORMED'],
    [
      'with a page beyond the limit',
      [hello, open, page({ digests: Buffer.alloc(32 * (limits.pageDigests + 1)).toString('base64') })],
      'E_MALFORMED',
    ],
    ['with half a digest', [hello, open, page({ digests: Buffer.alloc(48).toString('base64') })], 'E_MALFORMED'],
    ['with digests that are no base64', [hello, open, page({ digests: '!'.repeat(44) })], 'E_MALFORMED'],
    [
      'with a hole of no blocks',
      [hello, open, { id: 3, name: 'disk.hole', params: { handle: 1, first: 0, blocks: 0 } }],
      'E_MALFORMED',
    ],
    ['with a disk of negative size', [hello, open, offer({ size: -1 })], 'E_MALFORMED'],
    ['with blocks beyond the limit', [hello, open, offer({ block_size: 2 * limits.blockBytes })], 'E_MALFORMED'],
    ['with blocks that are no power of two', [hello, open, offer({ block_size: 5000 })], 'E_MALFORMED'],
    ['with a disk that is a path', [hello, open, offer({ disk: '../passwd' })], 'E_MALFORMED'],
    ['with an algorithm nobody knows', [hello, open, offer({ algorithm: 'md5' })], 'E_MALFORMED'],
    [
      'with a document of another version',
      [hello, { id: 3, name: 'campaign.preflight', params: { campaign, configurations: { ...aDocument(), version: 99 } } }],
      'E_DOCUMENT_VERSION',
    ],
    [
      'with a document that is none',
      [hello, { id: 3, name: 'campaign.preflight', params: { campaign, configurations: 7 } }],
      'E_DOCUMENT',
    ],
  ])('when it comes %s', async (_when, frames, code) => {
    const stranger = new Stranger(await loopback.dial());
    for (const frame of frames) {
      stranger.say(frame);
      await stranger.answer(frame.id);
    }
    expect(await stranger.answer(3)).toMatchObject({ problem: { code } });
    if (!stranger.heard.some((frame) => 'id' in frame && frame.id === 1)) stranger.say(hello);
    expect(await stranger.answer(1)).toMatchObject({ result: { role: 'receiver' } });
  });
});

describe('a frame that cannot be read closes its connection with a sentence', () => {
  it.each<[string, unknown[], number]>([
    ['is not JSON', ['{"id":1,'], 1002],
    ['is empty', [''], 1002],
    ['is nested without end', ['['.repeat(60_000)], 1002],
    ['is nested too deep', [hello, `{"name":"a","params":${'['.repeat(100)}${']'.repeat(100)}}`], 1002],
    ['has a negative id', [hello, { id: -4, name: 'campaign.open', params: {} }], 1002],
    ['has two answers', [hello, { id: 1, result: 1, problem: { code: 'E_BUG', says: '', hint: '' } }], 1002],
    ['is a notice with wrong params', [hello, { name: 'session.goodbye', params: { reason: 7 } }], 1002],
    ['is a notice that only the other side may say', [hello, open, { name: 'resource.built', params: {} }], 1002],
    ['is data that is cut off', [hello, encodeData({ id: 1, ...aPiece(0) }).subarray(0, 900)], 1002],
    ['is data of random bytes', [hello, randomBytes(5000)], 1002],
    ['is data without a header', [Buffer.alloc(3)], 1002],
    ['is longer than a greeting may be', [JSON.stringify({ ...hello, padding: 'x'.repeat(limits.greetingBytes) })], 1009],
    ['is longer than any frame may be', [hello, 'x'.repeat(limits.textBytes + 1)], 1009],
    ['is a binary frame longer than any', [hello, Buffer.alloc(limits.textBytes + 1)], 1009],
  ])('when it %s', async (_what, frames, code) => {
    const stranger = await aStranger(...frames);
    const [closedWith, reason] = await stranger.closed;
    expect(closedWith).toBe(code);
    const closed = await (receivers[0]?.connection.closed as Promise<Closed>);
    expect(closed.problem?.code).toBe(code === 1009 ? 'E_TOO_LARGE' : 'E_MALFORMED');
    expect(closed.says.startsWith(reason.slice(0, 100))).toBe(true);
  });
});

describe('what nobody asked for is skipped', () => {
  it.each<[string, unknown[]]>([
    ['an answer', [{ id: 99, result: { state: 'committed' } }]],
    ['a problem', [{ id: 99, problem: { code: 'E_BUG', says: 'x', hint: 'y' } }]],
    ['data', [encodeData({ id: 99, ...aPiece(0) })]],
    ['an unknown notice', [{ name: 'campaign.later', params: {} }]],
    ['an unknown member', [{ name: 'campaign.later', params: {}, later: true }]],
  ])('as %s is', async (_what, frames) => {
    const stranger = await aStranger(hello, ...frames, { ...open, id: 3 });
    expect(await stranger.answer(3)).toMatchObject({ result: { state: 'new' } });
  });
});

describe('bytes that are no WebSocket frames', () => {
  it.each([
    ['random', randomBytes(4096)],
    ['not masked', Buffer.from([0x81, 0x02, 0x7b, 0x7d])],
    ['of a reserved opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['with reserved bits', Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ['of 2^63 bytes', Buffer.from([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
    ['of a ping too long', Buffer.from([0x89, 0xfe, 0x10, 0x00, 0, 0, 0, 0])],
    ['that are not UTF-8', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28])],
    ['of a frame that goes on for ever', Buffer.from([0x01, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
  ])('end their own connection alone: %s', async (_what, bytes) => {
    const socket = connect(loopback.port, '127.0.0.1');
    socket.on('error', () => {});
    const head = ['GET / HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
    head.push(`Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, 'Sec-WebSocket-Protocol: godwit.1', '', '');
    socket.write(head.join('\r\n'));
    await new Promise((resolve) => socket.once('data', resolve));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.write(bytes);
    socket.resume();
    expect((await receivers[0]?.connection.closed)?.problem).toBeDefined();
    socket.destroy();
    await ended;
  });
});

it('lives through hundreds of random messages', async () => {
  const anything = fc.oneof(
    fc.json(),
    fc.string(),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  );
  const almost = fc.record({
    id: fc.oneof(fc.nat(), fc.anything()),
    name: fc.constantFrom('campaign.open', 'disk.page', 'disk.offer'),
    params: fc.object(),
  });
  const frames = fc.array(
    fc.oneof(
      anything,
      almost.map((frame) => JSON.stringify(frame, (_, value) => (typeof value === 'bigint' ? 0 : value))),
    ),
    { minLength: 1, maxLength: 10 },
  );
  await fc.assert(
    fc.asyncProperty(frames, fc.boolean(), async (some, greeted) => {
      const stranger = await aStranger(...(greeted ? [hello] : []), ...some);
      stranger.socket.close();
      await stranger.closed;
    }),
    { numRuns: 100 },
  );
  await vi.waitFor(() => expect(receivers.length).toBeGreaterThanOrEqual(100));
  for (const { connection } of receivers) await connection.closed;
});

it('stops listening to a peer that asks and does not read, and gives it up', async () => {
  receiverOptions = { limits: { unreadBytes: 256 * 1024, heartbeatMs: 100, closeMs: 50 } };
  const stranger = await aStranger(hello);
  await stranger.answer(1);
  const { connection, socket } = receivers[0] as (typeof receivers)[0];
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, connection.unsentBytes)), 5);
  stranger.socket.pause();
  const question = JSON.stringify({ id: 9, name: 'x'.repeat(100), params: {} });
  for (let asked = 0; asked < 100_000 && !socket.isPaused; asked += 1000) {
    for (let more = 0; more < 1000; more += 1) stranger.say(question);
    await sleep(1);
  }
  expect(socket.isPaused).toBe(true);
  expect((await connection.closed).problem).toMatchObject({ code: 'E_PEER_LOST' });
  clearInterval(watch);
  expect(most).toBeGreaterThan(256 * 1024);
  expect(most).toBeLessThan(1024 * 1024);
});

describe('a sender', () => {
  /** A sender's connection to a receiver that does what `misbehave` does. */
  async function aSender(
    misbehave: (socket: WebSocket, frame: { id: number; name: string }) => void,
  ): Promise<Connection<'sender'>> {
    const odd = await Loopback.open((socket) => {
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as { id: number; name: string };
        if (frame.name === 'session.hello') {
          socket.send(
            JSON.stringify({ id: frame.id, result: { role: 'receiver', release: '9', features: [], name: 'odd', later: 1 } }),
          );
        } else misbehave(socket, frame);
      });
    });
    const connection = new Connection(await odd.dial(), options('sender'));
    void connection.closed.then(() => odd.close());
    await connection.open(senderHandlers());
    return connection;
  }

  it('takes the first of two answers', async () => {
    const sender = await aSender((socket, { id }) => {
      for (const state of ['new', 'committed'])
        socket.send(JSON.stringify({ id, result: { known: true, state, session: aSession } }));
    });
    expect(await sender.request('campaign.open', { campaign })).toEqual({ known: true, state: 'new', session: aSession });
    expect(await sender.request('campaign.open', { campaign })).toEqual({ known: true, state: 'new', session: aSession });
    await sender.close('done');
  });

  it('refuses an answer of the wrong shape, and is not bound by it', async () => {
    const sender = await aSender((socket, { id }) =>
      socket.send(JSON.stringify({ id, result: { known: true, state: 'elsewhere' } })),
    );
    await expect(sender.request('campaign.open', { campaign })).rejects.toMatchObject({ code: 'E_MALFORMED' });
    expect(sender.campaign).toBeUndefined();
    await sender.close('done');
  });

  it('refuses data where it asked for words', async () => {
    const sender = await aSender((socket, { id }) => socket.send(encodeData({ id, ...aPiece(0) })));
    await expect(sender.request('campaign.open', { campaign })).rejects.toMatchObject({ code: 'E_MALFORMED' });
    await sender.close('done');
  });

  it('keeps the sentence of a problem that it does not know', async () => {
    const problem = { code: 'E_FROM_THE_FUTURE', says: 'The moon is in the way.', hint: 'Wait.' };
    const sender = await aSender((socket, { id }) => socket.send(JSON.stringify({ id, problem })));
    const asked = sender.request('campaign.open', { campaign });
    await expect(asked).rejects.toMatchObject({
      code: 'E_PEER',
      message: 'The moon is in the way. (E_FROM_THE_FUTURE)',
      hint: 'Wait.',
    });
    await sender.close('done');
  });

  it('does not say what the other side could not read', async () => {
    const sender = await aSender(() => {});
    const campaignOpen = sender.request('campaign.open', { campaign: 'x'.repeat(limits.textBytes) });
    await expect(campaignOpen).rejects.toMatchObject({ code: 'E_TOO_LARGE' });
    expect(sender.openRequests).toBe(0);
    await sender.close('done');
  });
});

it('hands on other pieces than were asked for, because whoever writes them checks them', async () => {
  const stranger = await aStranger(hello, { ...open, id: 2 });
  await stranger.answer(2);
  const { connection } = receivers[0] as (typeof receivers)[0];
  stranger.socket.on('message', (data: Buffer) => {
    const frame = decodeText(data.toString());
    if ('name' in frame && 'id' in frame) stranger.say(encodeData({ id: frame.id, ...aPiece(5) }));
  });
  const { payload, ...packed } = await connection.request('disk.pull', { handle: 1, pieces: [[0, 1]] });
  expect({ ...packed, payload: Buffer.concat(payload) }).toEqual(aPiece(5));
});
