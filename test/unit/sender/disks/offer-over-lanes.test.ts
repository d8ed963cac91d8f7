import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import type { BlockSource } from '../../../../shared/disk/block-source.ts';
import { blockBytes } from '../../../../shared/model/disk.ts';
import { Dice } from '../../../support/dice.ts';
import { chosenSeed } from '../../../support/seed.ts';
import { PlainReceiver, sendTo } from './a-sender.ts';

const seed = chosenSeed();

/** A disk in memory. */
function aDisk(bytes: Buffer): BlockSource {
  return {
    size: bytes.length,
    read: async (offset, length, into = Buffer.alloc(length)) => {
      bytes.copy(into, 0, offset, offset + length);
      return into.subarray(0, length);
    },
    close: async () => undefined,
  };
}

describe('a disk that is sent over lanes', () => {
  test('arrives whole though lanes and first connections are cut at random, and nothing that has arrived is sent again', async () => {
    const disk = randomBytes(48 * 1024 * 1024 + 4096);
    const receiver = new PlainReceiver(disk.length);
    console.info(`lanes seed: GODWIT_SEED=${seed}`);
    const dice = new Dice(seed);
    const sockets: WebSocket[] = [];
    let cuts = 0;
    const onDial = (socket: WebSocket): void => {
      sockets.push(socket);
      socket.once('close', () => sockets.splice(sockets.indexOf(socket), 1));
    };
    const over = new AbortController();
    const cutting = (async () => {
      while (cuts < 6 && !over.signal.aborted) {
        await sleep(20 + dice.below(380));
        // One connection and two lanes: all are there, and have carried something.
        if (sockets.length < 3) continue;
        sockets[dice.below(sockets.length)]?.terminate();
        cuts += 1;
      }
    })();
    receiver.onPage = () => sleep(60);
    const sealed = await sendTo(receiver, aDisk(disk), { connections: 2, onDial });
    over.abort();
    await cutting;
    expect(cuts).toBeGreaterThan(0);
    expect(receiver.copy.equals(disk)).toBe(true);
    expect(sealed.blocks).toBe(Math.ceil(disk.length / blockBytes));
    // Each cut costs at most the blocks that were on their way: one of each page that is open.
    expect(receiver.pulled.length).toBeLessThan(Math.ceil(disk.length / blockBytes) + cuts * 16);
  }, 60_000);
});
