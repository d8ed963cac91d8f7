import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNode } from '../support/child.ts';
import { scriptOf } from '../support/daemons.ts';
import { Dice } from '../support/dice.ts';
import { chosenSeed } from '../support/seed.ts';
import { begin, campaignOf, flawsOfMove, openSite, type Site, takeBack, trouble, until } from '../support/site.ts';

const MiB = 1024 * 1024;
const diskBytes = 24 * MiB;

/** A disk that neither compresses nor repeats, the same for the same name. */
function diskOf(name: string): Buffer {
  const disk = Buffer.alloc(diskBytes);
  for (let at = 0; at < diskBytes; at += 4096) disk.write(`${name} ${at} ${'0123456789abcdef'.repeat(200)}`.slice(0, 4000), at);
  return disk;
}

const seed = chosenSeed();
const dice = new Dice(seed);

let site: Site;

beforeAll(async () => {
  console.info(`chaos seed: GODWIT_SEED=${seed}`);
  // Tokens live for a moment: every test here also renews them.
  site = await openSite({ diskOf, tokenLifeSeconds: 8 });
});

afterAll(async () => {
  await site?.endings.run();
});

/** Whether a campaign is still on its way. */
async function isMoving(id: string): Promise<boolean> {
  const state = (await campaignOf(site, id))?.state;
  return state === undefined || state === 'preparing' || state === 'moving';
}

describe('a migration between two daemons', { timeout: 120_000 }, () => {
  test('survives kill -9 of either daemon at random moments, and what was moved can still be taken back', async () => {
    site.link.weather = { delayMs: 5 };
    const id = await begin(site);
    let kills = 0;
    while (kills < 5 && (await isMoving(id))) {
      await sleep(dice.below(900));
      const victim = dice.below(2) === 0 ? site.sender : site.receiver;
      await victim.kill();
      await victim.start();
      kills += 1;
    }
    site.link.weather = {};
    await until(site, id, 'ready');
    expect(kills).toBeGreaterThan(1);
    expect(await flawsOfMove(site)).toEqual([]);
    expect(await takeBack(site, id)).toEqual([]);
  });

  test('survives a link that delays, halves, corrupts a byte and is cut at random bytes, and sends no more again than what was on its way', async () => {
    const sentBefore = site.link.forwarded;
    const id = await begin(site);
    let cuts = 0;
    while (cuts < 4 && (await isMoving(id))) {
      const { connections } = site.link;
      const place = 64 * 1024 + dice.below(6 * MiB);
      const strike = cuts % 2 === 0 ? { cutAfterBytes: place } : { corruptByte: place };
      site.link.weather = { delayMs: dice.below(3), halves: dice.below(2) === 0, ...strike };
      // The next one strikes the next connection, or nobody when all is through.
      while (site.link.connections === connections && (await isMoving(id))) await sleep(200);
      cuts += 1;
    }
    site.link.weather = {};
    await until(site, id, 'ready');
    expect(await flawsOfMove(site)).toEqual([]);
    // A window of blocks may be on its way at each cut; the manifest's pages and the frames around
    // the blocks are small.
    const sent = site.link.forwarded - sentBefore;
    expect(sent).toBeLessThan(2 * diskBytes + cuts * 33 * MiB + 2 * MiB);
    expect(await takeBack(site, id)).toEqual([]);
  });

  test('survives bursts of 503 from both clouds, tokens that expire at once and garbage at the port', async () => {
    const burst = (times: number) => [
      { do: 'status', status: 503, times, match: { method: 'GET' } },
      { do: 'status', status: 429, times, headers: { 'retry-after': '1' }, match: { method: 'POST', service: 'network' } },
      { do: 'expire-tokens' },
    ];
    const id = await begin(site);
    await trouble(site.source, burst(3));
    await trouble(site.destination, burst(3));
    for (let strangers = 0; strangers < 10; strangers += 1) {
      const socket = connect(site.receiverPort, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      socket.end(
        strangers % 2 === 0 ? randomBytes(dice.below(100_000)) : 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n',
      );
    }
    await until(site, id, 'ready');
    await trouble(site.source, []);
    await trouble(site.destination, []);
    expect(await flawsOfMove(site)).toEqual([]);
    expect(await takeBack(site, id)).toEqual([]);
    expect(site.receiver.child().isRunning()).toBe(true);
  });

  test('is never served by two daemons on one state', async () => {
    for (const { config } of [site.sender, site.receiver]) {
      const second = await startNode(
        scriptOf(config.bin),
        ['run', '--config', config.file],
        `${site.dir}/second-${config.bin}.log`,
      );
      expect(await second.exited).toBe(3);
      expect(await second.output()).toContain('E_STATE_LOCKED');
    }
  });
});
