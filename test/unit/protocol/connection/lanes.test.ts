import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { Connection, type ConnectionOptions } from '../../../../protocol/connection/connection.ts';
import { limits } from '../../../../protocol/limits.ts';
import type { PackedPieces } from '../../../../protocol/messages/packed.ts';
import type { Handlers } from '../../../../protocol/messages.ts';
import { Throttle } from '../../../../protocol/pacing/throttle.ts';
import { features } from '../../../../protocol/version.ts';
import { aCampaign, aSession, Loopback, options, receiverHandlers, senderHandlers } from '../../../support/protocol.ts';

/** One session: its main connection and its lanes, both ends of each. */
interface Laned {
  readonly sender: Connection<'sender'>;
  readonly receiver: Connection<'receiver'>;
  readonly senderLanes: Connection<'sender'>[];
  readonly senderSockets: WebSocket[];
  readonly receiverSockets: WebSocket[];
  /** Adds a lane. */
  lane(): Promise<Connection<'sender'>>;
}

let loopback: Loopback | undefined;
afterEach(async () => await loopback?.close());

/**
 * Opens a session with so many lanes; the first connection that arrives is the main one, and the
 * others may join it.
 */
async function aSessionWith(
  lanes: number,
  some: Partial<Handlers<'sender'>> = {},
  more: Partial<ConnectionOptions<'sender'>> = {},
): Promise<Laned> {
  const receivers: Connection<'receiver'>[] = [];
  const senderSockets: WebSocket[] = [];
  const receiverSockets: WebSocket[] = [];
  loopback = await Loopback.open((socket) => {
    const receiver = new Connection(socket, options('receiver'));
    const join: Handlers<'receiver'>['session.join'] = async () => {
      receivers[0]?.carry(receiver);
      return {};
    };
    receivers.push(receiver);
    receiverSockets.push(socket);
    void receiver.open(receiverHandlers({ 'session.join': join })).catch(() => undefined);
  });
  const senderLanes: Connection<'sender'>[] = [];
  const open = async (): Promise<Connection<'sender'>> => {
    const socket = await (loopback as Loopback).dial();
    senderSockets.push(socket);
    const connection = new Connection(socket, options('sender', more));
    await connection.open(senderHandlers(some));
    return connection;
  };
  const sender = await open();
  await sender.request('campaign.open', { campaign: aCampaign() });
  const lane = async (): Promise<Connection<'sender'>> => {
    const opened = await open();
    await opened.request('session.join', { session: aSession });
    sender.carry(opened);
    senderLanes.push(opened);
    return opened;
  };
  for (let count = 0; count < lanes; count += 1) await lane();
  const [receiver] = receivers;
  if (receiver === undefined) throw new Error('Nobody arrived.');
  return { sender, receiver, senderLanes, senderSockets, receiverSockets, lane };
}

/** A frame whose every four bytes tell which it is. */
function aFrame(index: number, bytes: number): PackedPieces {
  const payload = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) payload.writeUInt32BE(index * 65_537 + at, at);
  return { codec: 'none', rawBytes: bytes, payload };
}

const serveFrames: Partial<Handlers<'sender'>> = {
  'disk.pull': async ({ pieces: [first] }) => aFrame(first?.[0] ?? 0, 300_000 + 17 * (first?.[0] ?? 0)),
};

async function pullAll(receiver: Connection<'receiver'>, from: number, to: number): Promise<void> {
  const pulls = Array.from({ length: to - from }, async (_, at) => {
    const { payload } = await receiver.request('disk.pull', { handle: 1, pieces: [[from + at, 1]] });
    expect(Buffer.concat(payload).equals(Buffer.from(aFrame(from + at, 300_000 + 17 * (from + at)).payload))).toBe(true);
  });
  await Promise.all(pulls);
}

describe('a session with lanes', () => {
  it.each([0, 1, 4])('answers pulls whole and each once over %d lanes', async (lanes) => {
    const { sender, receiver } = await aSessionWith(lanes, serveFrames);
    await pullAll(receiver, 0, 100);
    expect(sender.wire.lanes).toBe(lanes);
    await expect.poll(() => sender.wire.arrivedBytes).toBeGreaterThan(30_000_000);
  });

  it('sends no data over the main connection, and some over each lane', async () => {
    const { receiver, receiverSockets } = await aSessionWith(3, serveFrames);
    const heard = receiverSockets.map(() => 0);
    for (const [at, socket] of receiverSockets.entries())
      socket.on('message', (data, isBinary) => {
        if (isBinary) heard[at] = (heard[at] ?? 0) + Buffer.concat(data as Buffer[]).length;
      });
    await pullAll(receiver, 0, 60);
    const [main, ...others] = heard;
    expect(main).toBe(0);
    for (const bytes of others) expect(bytes).toBeGreaterThan(1_000_000);
  });

  it('sends one long frame over several lanes, and a peer that puts no parts together gets it whole', async () => {
    const long: Partial<Handlers<'sender'>> = { 'disk.pull': async () => aFrame(3, 4 * 1024 * 1024) };
    for (const some of [features, features.filter((feature) => feature !== 'parts')]) {
      const { receiver, receiverSockets } = await aSessionWith(4, long, { features: some });
      const heard = receiverSockets.map(() => 0);
      for (const [at, socket] of receiverSockets.entries())
        socket.on('message', (_, isBinary) => {
          if (isBinary) heard[at] = (heard[at] ?? 0) + 1;
        });
      const { payload } = await receiver.request('disk.pull', { handle: 1, pieces: [[0, 1]] });
      expect(Buffer.concat(payload).equals(Buffer.from(aFrame(3, 4 * 1024 * 1024).payload))).toBe(true);
      const used = heard.filter((frames) => frames > 0);
      if (some.includes('parts')) expect(used.length).toBeGreaterThan(1);
      else expect(used).toEqual([1]);
      await loopback?.close();
    }
  });

  it('goes on without lanes that are not needed, which leave when all that they carry has arrived', async () => {
    const { sender, receiver, senderLanes } = await aSessionWith(4, serveFrames);
    const pulling = pullAll(receiver, 0, 100);
    await sleep(5);
    sender.keepLanes(1);
    expect(sender.wire.lanes).toBe(1);
    await pulling;
    for (const lane of senderLanes.slice(1)) expect((await lane.closed).problem).toBeUndefined();
    await pullAll(receiver, 100, 150);
    await expect.poll(() => receiver.wire.lanes).toBe(1);
    await expect.poll(() => sender.wire.arrivedBytes).toBeGreaterThan(45_000_000);
  });

  it('keeps lanes that are not needed where the other side would end with one, and uses them again', async () => {
    const older = features.filter((feature) => feature !== 'leaving-lanes');
    const { sender, receiver } = await aSessionWith(4, serveFrames, { features: older });
    sender.keepLanes(2);
    await pullAll(receiver, 0, 30);
    expect([sender.wire.lanes, receiver.wire.lanes]).toEqual([2, 4]);
    sender.keepLanes(4);
    expect(sender.wire.lanes).toBe(4);
    await pullAll(receiver, 30, 60);
  });

  it('is of use once it has carried data, or was asked more than to be let in', async () => {
    const { sender, receiver } = await aSessionWith(1, serveFrames);
    expect([sender.hasProgressed, receiver.hasProgressed]).toEqual([false, false]);
    await pullAll(receiver, 0, 1);
    expect(receiver.hasProgressed).toBe(true);
    await expect.poll(() => sender.hasProgressed).toBe(true);
  });

  it('goes on pulling while a lane joins', async () => {
    const session = await aSessionWith(0, serveFrames);
    const pulling = pullAll(session.receiver, 0, 100);
    await session.lane();
    await session.lane();
    await pulling;
    await pullAll(session.receiver, 100, 150);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('ends on both sides when a lane is cut while it carries data, time %d', async (time) => {
    const { sender, receiver, senderSockets } = await aSessionWith(2, serveFrames);
    const pulling = pullAll(receiver, 0, 200);
    const failed = expect(pulling).rejects.toMatchObject({ code: 'E_PEER_LOST' });
    await sleep(time * 3);
    senderSockets[1 + (time % 2)]?.terminate();
    await failed;
    expect((await sender.closed).problem?.code).toBe('E_PEER_LOST');
    expect((await receiver.closed).problem?.code).toBe('E_PEER_LOST');
  });

  it('takes its lanes along when it ends in peace', async () => {
    const { sender, receiver, senderLanes } = await aSessionWith(2);
    await sender.close('The work is done.');
    expect((await receiver.closed).problem).toBeUndefined();
    for (const lane of senderLanes) expect((await lane.closed).problem).toBeUndefined();
  });

  it('carries nothing but data on a lane', async () => {
    const { senderLanes, senderSockets } = await aSessionWith(1);
    const [lane] = senderLanes;
    await expect(lane?.request('cloud.facts', {})).rejects.toMatchObject({ code: 'E_OUT_OF_TURN' });
    const answer = new Promise<string>((resolve) =>
      senderSockets[1]?.once('message', (data: Buffer) => resolve(data.toString())),
    );
    senderSockets[1]?.send(JSON.stringify({ id: 9, name: 'campaign.open', params: { campaign: aCampaign() } }));
    expect(JSON.parse(await answer)).toMatchObject({ id: 9, problem: { code: 'E_OUT_OF_TURN' } });
  });

  it('has no more lanes than the limit, and no lane of a lane', async () => {
    const { sender, senderLanes, lane } = await aSessionWith(limits.lanes);
    await expect(lane()).rejects.toMatchObject({ code: 'E_BUSY' });
    const [first, second] = senderLanes as [Connection<'sender'>, Connection<'sender'>];
    expect(() => first.carry(second)).toThrow(expect.objectContaining({ code: 'E_OUT_OF_TURN' }));
    expect(() => sender.carry(sender)).toThrow(expect.objectContaining({ code: 'E_OUT_OF_TURN' }));
  });

  it('keeps to one limit over all its lanes', async () => {
    const throttle = new Throttle();
    throttle.limit(20_000_000);
    const { receiver } = await aSessionWith(3, serveFrames, { throttle });
    const since = performance.now();
    await pullAll(receiver, 0, 66);
    // Twenty million bytes take a second; a slow machine may take longer, and what a timer missed
    // may be caught up.
    expect(performance.now() - since).toBeGreaterThan(900);
  });

  it('answers control at once on the main connection while the lanes are full', async () => {
    const throttle = new Throttle();
    throttle.limit(1_000_000);
    const { sender, receiver } = await aSessionWith(1, serveFrames, { throttle });
    const pulling = pullAll(receiver, 0, 20).catch(() => undefined);
    await expect(sender.request('disk.hole', { handle: 1, first: 0, blocks: 1 }, { timeoutMs: 1_000 })).resolves.toEqual({});
    expect(sender.wire.arrivedBytes).toBeLessThan(2_000_000);
    throttle.limit(null);
    await pulling;
  });
});

describe('a main connection without lanes', () => {
  it('says texts between data frames, never within one', async () => {
    const { sender, receiver } = await aSessionWith(0, serveFrames);
    const pulling = pullAll(receiver, 0, 100);
    for (let time = 0; time < 50; time += 1)
      expect(await sender.request('disk.hole', { handle: 1, first: 0, blocks: 1 })).toEqual({});
    await pulling;
  });

  it('goes on reading, and so learns what has arrived, while more data waits than it may have unread', async () => {
    const pieces: Partial<Handlers<'sender'>> = { 'disk.pull': async () => aFrame(0, 4 * 1024 * 1024) };
    const { receiver } = await aSessionWith(0, pieces);
    const pulls = Array.from({ length: 16 }, () => receiver.request('disk.pull', { handle: 1, pieces: [[0, 1]] }));
    for (const { rawBytes } of await Promise.all(pulls)) expect(rawBytes).toBe(4 * 1024 * 1024);
  });

  it('ends with a peer that asks on and on and takes in nothing of what it is answered', async () => {
    // No connection of ours, for that would read on whenever it has asked.
    const peer = Promise.withResolvers<WebSocket>();
    loopback = await Loopback.open((socket) => {
      // It puts no parts together, so a whole frame goes over its one connection.
      const own = features.filter((feature) => feature !== 'parts');
      const hello = { role: 'receiver', release: '0.0.0', features: own, name: 'the receiver' };
      const opened = { known: false, state: 'new', session: aSession };
      socket.on('message', (data: Buffer) => {
        const { id, name } = JSON.parse(data.toString()) as { id: number; name: string };
        socket.send(JSON.stringify({ id, result: name === 'session.hello' ? hello : opened }));
      });
      peer.resolve(socket);
    });
    const sender = new Connection(await loopback.dial(), options('sender', { limits: { unreadBytes: 1000 } }));
    await sender.open(senderHandlers(serveFrames));
    await sender.request('campaign.open', { campaign: aCampaign() });
    const socket = await peer.promise;
    const closed = new AbortController();
    void sender.closed.then(() => closed.abort());
    socket.pause();
    socket.send(JSON.stringify({ id: 1, name: 'disk.pull', params: { handle: 1, pieces: [[0, 1]] } }));
    // The answers wait behind a frame that is half said, and is not taken in.
    for (let id = 2; !closed.signal.aborted; id += 1) {
      socket.send(JSON.stringify({ id, name: 'disk.refine', params: { handle: 1, blocks: [[0, 1]] } }));
      await sleep(1);
    }
    expect(await sender.closed).toMatchObject({
      code: 4002,
      problem: { code: 'E_PEER_LOST', message: expect.stringContaining('were asked for and not read') },
    });
  });
});
