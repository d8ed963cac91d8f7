import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../../../protocol/connection/connection.ts';
import type { Params } from '../../../../protocol/messages.ts';
import { features } from '../../../../protocol/version.ts';
import { Problem } from '../../../../shared/problem.ts';
import {
  aCampaign,
  aDocument,
  aPair,
  aPiece,
  aSession,
  Loopback,
  options,
  type Pair,
  receiverHandlers,
  senderHandlers,
} from '../../../support/protocol.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function pair(some: Parameters<typeof aPair>[0] = {}): Promise<Pair> {
  const made = await aPair(some);
  open.push(made);
  return made;
}

describe('hello', () => {
  it('tells each side who the other is', async () => {
    const { sender, receiver } = await pair({ receiverOptions: { name: 'zurich', release: '1.2.3' } });
    expect(sender.peer).toEqual({ role: 'receiver', release: '1.2.3', name: 'zurich', features });
    expect(receiver.peer.role).toBe('sender');
  });

  it('leaves the features that both sides have', async () => {
    const { sender, receiver } = await pair({
      senderOptions: { features: ['zstd', 'warm'] },
      receiverOptions: { features: ['warm', 'known-blocks'] },
    });
    expect(['zstd', 'warm', 'known-blocks'].filter((feature) => sender.has(feature))).toEqual(['warm']);
    expect(['zstd', 'warm', 'known-blocks'].filter((feature) => receiver.has(feature))).toEqual(['warm']);
  });

  it('opens a connection whichever side has dialled the other', async () => {
    const done = Promise.withResolvers<string>();
    const loopback = await Loopback.open((socket) => {
      const sender = new Connection(socket, options('sender'));
      sender.open(senderHandlers()).then((hello) => done.resolve(hello.role), done.reject);
    });
    open.push(loopback);
    const greeted = Promise.withResolvers<string>();
    await loopback.dial(undefined, (socket) => {
      const receiver = new Connection(socket, options('receiver'));
      receiver.open(receiverHandlers()).then((hello) => greeted.resolve(hello.role), greeted.reject);
    });
    expect(await greeted.promise).toBe('sender');
    expect(await done.promise).toBe('receiver');
  });

  it('is given up when it does not come', async () => {
    const closed = Promise.withResolvers<Problem | undefined>();
    const loopback = await Loopback.open((socket) => {
      const receiver = new Connection(socket, options('receiver', { limits: { helloMs: 50 } }));
      receiver.open(receiverHandlers()).catch((problem: Problem) => closed.resolve(problem));
    });
    open.push(loopback);
    await loopback.dial();
    expect(await closed.promise).toMatchObject({ code: 'E_OUT_OF_TURN' });
  });

  it('tells people which side to upgrade when the majors differ', async () => {
    const closed = Promise.withResolvers<Problem>();
    const loopback = await Loopback.open((socket) => {
      const receiver = new Connection(socket, options('receiver'));
      receiver.open(receiverHandlers()).catch(closed.resolve);
    });
    open.push(loopback);
    const sender = await loopback.dial('godwit.2');
    const [code, reason] = await new Promise<[number, string]>((resolve) =>
      sender.once('close', (c, r) => resolve([c, r.toString()])),
    );
    expect([code, reason]).toEqual([4000, 'This receiver speaks godwit.1, that sender godwit.2: upgrade the receiver.']);
    expect((await closed.promise).code).toBe('E_PROTOCOL_VERSION');
  });

  it('is refused where both sides have the same role', async () => {
    const loopback = await Loopback.open((socket) => {
      new Connection(socket, options('sender')).open(senderHandlers()).catch(() => {});
    });
    open.push(loopback);
    const sender = new Connection(await loopback.dial(), options('sender'));
    await expect(sender.open(senderHandlers())).rejects.toBeInstanceOf(Problem);
  });
});

describe('a campaign', () => {
  it('must be open before its messages are said', async () => {
    const { sender } = await pair();
    await expect(sender.request('campaign.commit', { campaign: aCampaign() })).rejects.toMatchObject({ code: 'E_OUT_OF_TURN' });
  });

  it('binds the connection on both sides', async () => {
    const { sender, receiver } = await pair();
    const campaign = aCampaign();
    expect(await sender.request('campaign.open', { campaign })).toEqual({ known: false, state: 'new', session: aSession });
    expect([sender.campaign, receiver.campaign]).toEqual([campaign, campaign]);
    expect(await sender.request('campaign.open', { campaign })).toEqual({ known: false, state: 'new', session: aSession });
    expect(await sender.request('campaign.commit', { campaign })).toEqual({ freed_bytes: 0 });
  });

  it('is the only one of its connection', async () => {
    const { sender } = await pair();
    await sender.request('campaign.open', { campaign: aCampaign() });
    await expect(sender.request('campaign.open', { campaign: aCampaign() })).rejects.toMatchObject({ code: 'E_OTHER_CAMPAIGN' });
    await expect(sender.request('campaign.commit', { campaign: aCampaign() })).rejects.toMatchObject({
      code: 'E_OTHER_CAMPAIGN',
    });
  });
});

describe('two campaigns opened at once', () => {
  it('leave the connection to the first, and the second never reaches its handler', async () => {
    const opened: string[] = [];
    const { sender, receiver } = await pair({
      receiver: {
        'campaign.open': async ({ campaign }) => {
          opened.push(campaign);
          return await sleep(10, { known: false, state: 'new' as const, session: aSession });
        },
      },
    });
    const first = aCampaign();
    const second = aCampaign();
    const ask = (campaign: string) => sender.request('campaign.open', { campaign });
    const asked = await Promise.allSettled([first, second, first].map(ask));
    expect(asked.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(asked[1]).toMatchObject({ reason: { code: 'E_OTHER_CAMPAIGN' } });
    expect([sender.campaign, receiver.campaign]).toEqual([first, first]);
    expect(opened).toEqual([first, first]);
  });

  it('may follow each other while none was opened', async () => {
    const { sender } = await pair({
      receiver: {
        'campaign.open': async ({ campaign }) => {
          if (campaign === damaged) throw new Problem('E_STATE_DAMAGED', 'The ledger cannot be read.');
          return { known: false, state: 'new', session: aSession };
        },
      },
    });
    const damaged = aCampaign();
    await expect(sender.request('campaign.open', { campaign: damaged })).rejects.toMatchObject({ code: 'E_STATE_DAMAGED' });
    expect(await sender.request('campaign.open', { campaign: aCampaign() })).toEqual({
      known: false,
      state: 'new',
      session: aSession,
    });
  });
});

describe('a request', () => {
  it('is refused while those before it hold too many bytes', async () => {
    const { sender } = await pair({
      receiverOptions: { limits: { requestBytes: 1000 } },
      receiver: { 'campaign.preflight': () => sleep(50, { concerns: [], decisions: [] }) },
    });
    const asked = [1, 2, 3, 4].map(() =>
      sender.request('campaign.preflight', { campaign: aCampaign(), configurations: aDocument() }),
    );
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes[0]).toMatchObject({ status: 'fulfilled' });
    expect(outcomes[3]).toMatchObject({ status: 'rejected', reason: { code: 'E_BUSY' } });
  });

  it('is answered with the problem of its handler, hint and all', async () => {
    const { sender } = await pair({
      receiver: {
        'resource.ensure': async ({ ref }) => {
          throw new Problem('E_QUOTA', 'The project may have 3 ports.', { about: ref, hint: 'Ask for more.' });
        },
      },
    });
    const campaign = aCampaign();
    await sender.request('campaign.open', { campaign });
    const asked = sender.request('resource.ensure', { campaign, ref: 'port/a' });
    await expect(asked).rejects.toMatchObject({
      code: 'E_QUOTA',
      message: 'The project may have 3 ports.',
      about: 'port/a',
      hint: 'Ask for more.',
    });
  });

  it('is given up after its time, and its late answer harms nobody', async () => {
    const { sender } = await pair({
      receiver: { 'campaign.open': () => sleep(80, { known: false, state: 'new' as const, session: aSession }) },
    });
    const campaign = aCampaign();
    const asked = sender.request('campaign.open', { campaign }, { timeoutMs: 20 });
    await expect(asked).rejects.toMatchObject({ code: 'E_PEER_TIMEOUT' });
    await sleep(100);
    expect(sender.openRequests).toBe(0);
    expect(await sender.request('campaign.preflight', { campaign, configurations: aDocument() })).toEqual({
      concerns: [],
      decisions: [],
    });
  });

  it('is given up when its signal aborts', async () => {
    const { sender } = await pair({ receiver: { 'campaign.open': () => new Promise(() => {}) } });
    const reason = new Problem('E_CANCELLED', 'The operator paused the campaign.');
    const signal = AbortSignal.abort(reason);
    await expect(sender.request('campaign.open', { campaign: aCampaign() }, { signal })).rejects.toBe(reason);
    const later = new AbortController();
    const asked = sender.request('campaign.open', { campaign: aCampaign() }, { signal: later.signal });
    later.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  it('fails with E_PEER_LOST when the link is cut, and aborts its handler', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const { sender, receiverSocket } = await pair({
      receiver: {
        'campaign.open': (_params, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              aborted.resolve(signal.reason);
              reject(signal.reason);
            });
            receiverSocketCut();
          }),
      },
    });
    const receiverSocketCut = (): void => receiverSocket.terminate();
    await expect(sender.request('campaign.open', { campaign: aCampaign() })).rejects.toMatchObject({ code: 'E_PEER_LOST' });
    expect(await aborted.promise).toMatchObject({ code: 'E_PEER_LOST' });
    await expect(sender.request('campaign.open', { campaign: aCampaign() })).rejects.toMatchObject({ code: 'E_PEER_LOST' });
  });

  it('waits for its turn when the window is full, and excess is refused by the other side', async () => {
    const gate = Promise.withResolvers<void>();
    let atWork = 0;
    let most = 0;
    const { sender } = await pair({
      senderOptions: { limits: { requests: 3 } },
      receiver: {
        'campaign.open': async () => {
          atWork += 1;
          most = Math.max(most, atWork);
          await gate.promise;
          atWork -= 1;
          return { known: false, state: 'new', session: aSession };
        },
      },
    });
    const campaign = aCampaign();
    const asked = Array.from({ length: 10 }, () => sender.request('campaign.open', { campaign }));
    await vi.waitFor(() => expect(most).toBe(3));
    gate.resolve();
    expect(await Promise.all(asked)).toHaveLength(10);
    expect(most).toBe(3);

    const strict = await pair({
      receiverOptions: { limits: { requests: 1 } },
      receiver: { 'campaign.open': () => sleep(50, { known: false, state: 'new' as const, session: aSession }) },
    });
    const two = await Promise.allSettled([1, 2].map(() => strict.sender.request('campaign.open', { campaign })));
    expect(two.map((one) => one.status)).toEqual(['fulfilled', 'rejected']);
    expect(two[1]).toMatchObject({ reason: { code: 'E_BUSY' } });
  });
});

describe('a pull', () => {
  it('is answered with the pieces, byte for byte', async () => {
    const { sender, receiver } = await pair();
    await sender.request('campaign.open', { campaign: aCampaign() });
    const { payload, ...packed } = await receiver.request('disk.pull', { handle: 1, pieces: [[7, 1]] });
    expect({ ...packed, payload: Buffer.concat(payload) }).toEqual(aPiece(7));
  });

  it('is answered with a problem where the pieces cannot be read', async () => {
    const { sender, receiver } = await pair({
      sender: {
        'disk.pull': async () => {
          throw new Problem('E_NOT_FOUND', 'There is no such handle.');
        },
      },
    });
    await sender.request('campaign.open', { campaign: aCampaign() });
    await expect(receiver.request('disk.pull', { handle: 9, pieces: [[0, 1]] })).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });
});

/** A notice of a resource that was built. */
function aBuilt(campaign: string): Params<'resource.built'> {
  return { campaign, ref: 'network/n1', id: 'b1', how: 'created' };
}

describe('notices', () => {
  it('are heard in their order, one at a time', async () => {
    const heard: number[] = [];
    const { sender, receiver } = await pair({
      sender: {
        'resource.built': async ({ id }) => {
          await sleep(Number(id) % 2);
          heard.push(Number(id));
        },
      },
    });
    const campaign = aCampaign();
    await sender.request('campaign.open', { campaign });
    for (let id = 0; id < 50; id += 1) receiver.notify('resource.built', { ...aBuilt(campaign), id: String(id) });
    await vi.waitFor(() => expect(heard).toHaveLength(50));
    expect(heard).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it('are not read faster than they are heard', async () => {
    let heard = 0;
    let paused = false;
    const { sender, senderSocket, receiver } = await pair({
      senderOptions: { limits: { notices: 10 } },
      sender: {
        'resource.built': async () => {
          paused ||= senderSocket.isPaused;
          await sleep(1);
          heard += 1;
        },
      },
    });
    const campaign = aCampaign();
    await sender.request('campaign.open', { campaign });
    for (let count = 0; count < 100; count += 1) receiver.notify('resource.built', aBuilt(campaign));
    await vi.waitFor(() => expect(heard).toBe(100));
    expect([paused, senderSocket.isPaused]).toEqual([true, false]);
  });

  it('end the connection when their handler fails, because there is nobody to answer', async () => {
    const { sender, receiver } = await pair({
      sender: {
        'resource.built': async () => {
          throw new Problem('E_DISK_FULL', 'The journal cannot be written.');
        },
      },
    });
    const campaign = aCampaign();
    await sender.request('campaign.open', { campaign });
    receiver.notify('resource.built', aBuilt(campaign));
    expect((await sender.closed).problem).toMatchObject({ code: 'E_DISK_FULL' });
    expect((await receiver.closed).problem).toMatchObject({ code: 'E_PEER_LOST' });
  });
});

describe('the end', () => {
  it('is told to the other side with its reason', async () => {
    const { sender, receiver } = await pair();
    await sender.close('The daemon stops.');
    expect(await receiver.closed).toEqual({ code: 1000, says: 'The daemon stops.' });
    expect(await sender.closed).toEqual({ code: 1000, says: 'The daemon stops.' });
    await sender.close('again');
  });

  it('is noticed on a half-open link by the missing signs of life', async () => {
    const { sender, receiverSocket } = await pair({ senderOptions: { limits: { heartbeatMs: 20, closeMs: 20 } } });
    receiverSocket.pause();
    expect((await sender.closed).problem).toMatchObject({ code: 'E_PEER_LOST', message: 'Nothing was heard for 3 heartbeats.' });
  });

  it('does not come while pings are answered', async () => {
    const { sender } = await pair({ senderOptions: { limits: { heartbeatMs: 20 } } });
    expect(await Promise.race([sender.closed, sleep(200, 'alive')])).toBe('alive');
  });
});
