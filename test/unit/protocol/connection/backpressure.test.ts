import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { headerBytes } from '../../../../protocol/connection/frame.ts';
import { limits } from '../../../../protocol/limits.ts';
import { aCampaign, aPair, type Pair } from '../../../support/protocol.ts';

const MiB = 1024 * 1024;
let pair: Pair | undefined;
afterEach(async () => await pair?.close());

describe('256 MiB of frames', () => {
  it('pass through a bounded amount of memory, though the line stops again and again', async () => {
    const most = { reading: 0, unsent: 0, open: 0 };
    let reading = 0;
    pair = await aPair({
      sender: {
        'disk.pull': async () => {
          reading += 1;
          most.reading = Math.max(most.reading, reading);
          await sleep(0);
          reading -= 1;
          return { codec: 'none', rawBytes: MiB, payload: Buffer.alloc(MiB, 7) };
        },
      },
    });
    const { sender, receiver, receiverSocket } = pair;
    await sender.request('campaign.open', { campaign: aCampaign() });
    const stop = new AbortController();
    const stutter = (async () => {
      while (!stop.signal.aborted) {
        receiverSocket.pause();
        await sleep(20);
        most.unsent = Math.max(most.unsent, sender.unsentBytes);
        receiverSocket.resume();
        await sleep(20);
        most.open = Math.max(most.open, receiver.openRequests);
      }
    })();
    const window = 32;
    let next = 0;
    let arrived = 0;
    const pullSome = async (): Promise<void> => {
      for (let block = next++; block < 256; block = next++) {
        const { payload } = await receiver.request('disk.pull', { handle: 1, pieces: [[block * 256, 256]] });
        arrived += Buffer.concat(payload).length;
      }
    };
    await Promise.all(Array.from({ length: window }, pullSome));
    stop.abort();
    await stutter;
    expect(arrived).toBe(256 * MiB);
    expect(most.open).toBeLessThanOrEqual(window);
    expect(most.reading).toBeLessThanOrEqual(limits.pullsServed);
    expect(most.unsent).toBeGreaterThan(0);
    // The socket itself holds up to half a MiB.
    expect(most.unsent).toBeLessThanOrEqual(limits.unsentBytes + limits.pullsServed * (MiB + headerBytes) + MiB / 2);
  }, 30_000);

  it('hold up no small pull, however many of them wait', async () => {
    pair = await aPair({
      sender: {
        'disk.pull': async ({ pieces }) => {
          const payload = Buffer.alloc((pieces[0]?.[1] ?? 0) * limits.pieceBytes, 7);
          return { codec: 'none', rawBytes: payload.length, payload };
        },
      },
    });
    const { sender, receiver, receiverSocket } = pair;
    await sender.request('campaign.open', { campaign: aCampaign() });
    const order: number[] = [];
    const pull = async (first: number, count: number): Promise<void> => {
      await receiver.request('disk.pull', { handle: 1, pieces: [[first, count]] });
      order.push(count);
    };
    const long = Array.from({ length: 24 }, (_, n) => pull(n * 1024, 1024));
    // The line stands still until all that may be is waiting for it.
    while (sender.unsentBytes < limits.unsentBytes) await sleep(1);
    receiverSocket.pause();
    const small = pull(0, 1);
    await sleep(100);
    receiverSocket.resume();
    await Promise.all([...long, small]);
    expect(order.indexOf(1)).toBeLessThan(12);
    expect(order).toHaveLength(25);
  }, 30_000);

  it('are not asked for faster than the window allows', async () => {
    pair = await aPair({ receiverOptions: { limits: { pulls: 5 } }, sender: { 'disk.pull': () => new Promise(() => {}) } });
    const { sender, receiver } = pair;
    await sender.request('campaign.open', { campaign: aCampaign() });
    const signal = AbortSignal.timeout(50);
    const asked = Array.from({ length: 20 }, (_, block) =>
      receiver.request('disk.pull', { handle: 1, pieces: [[block, 1]] }, { signal }),
    );
    const ends = Promise.allSettled(asked);
    await sleep(20);
    expect(receiver.openRequests).toBe(5);
    expect((await ends).every((one) => one.status === 'rejected')).toBe(true);
    // The sender still works on those five: they keep their places.
    expect(receiver.openRequests).toBe(5);
  });

  it('are refused beyond the window', async () => {
    pair = await aPair({ senderOptions: { limits: { pulls: 5 } }, sender: { 'disk.pull': () => new Promise(() => {}) } });
    const { sender, receiver } = pair;
    await sender.request('campaign.open', { campaign: aCampaign() });
    const asked = Array.from({ length: 6 }, (_, block) => receiver.request('disk.pull', { handle: 1, pieces: [[block, 1]] }));
    await expect(asked[5]).rejects.toMatchObject({ code: 'E_BUSY' });
    expect(receiver.openRequests).toBe(5);
    for (const one of asked.slice(0, 5)) one.catch(() => {});
  });
});
