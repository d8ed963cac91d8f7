import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { messages as known } from '../../../protocol/messages.ts';
import { type Configurations, parseConfigurations } from '../../../shared/model/configurations.ts';
import { Dice } from '../../support/dice.ts';
import type { World } from '../../support/in-process.ts';
import { aDocument } from '../../support/protocol.ts';
import { chosenSeed } from '../../support/seed.ts';
import { censusOf } from '../../support/shop.ts';
import { differing, forget, inWorld, measure, type Yardstick } from '../power-cut/worlds.ts';
import { HostilePeer } from './hostile-peer.ts';
import { spoilt } from './spoilt.ts';

/** How many frames are said; `npm run test:random` says a million. */
const wanted = Number(process.env['GODWIT_FRAMES'] ?? 20_000);
const seed = chosenSeed();
/** Frames between two waits for an answer, fewer than a peer may have unread. */
const batch = 50;

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

const names = [...Object.keys(known), '__proto__', 'constructor', 'campaign.destroy', ''];
const configurations: Configurations = parseConfigurations(aDocument());

/** One frame: almost right, wrong in its shape, or no frame at all. */
function aFrame(dice: Dice, campaign: string): string | Buffer {
  const bytes = Buffer.from(Array.from({ length: dice.below(40) }, () => dice.below(256)));
  if (dice.onceIn(400)) return bytes;
  if (dice.onceIn(400)) return bytes.toString('latin1');
  const params = {
    campaign,
    ref: 'network/n1',
    server: 's1',
    disk: 's1.root',
    handle: 1,
    first: 0,
    blocks: 1,
    digests: Buffer.alloc(32).toString('base64'),
    root: 'a'.repeat(64),
    size: 4096,
    block_size: 4096,
    algorithm: 'sha256',
    session: '00112233445566778899aabbccddeeff',
    configurations,
    pieces: [[0, 1]],
  };
  const frame = { id: 1 + dice.below(2 ** 31), name: dice.of(names), params: spoilt(params, dice) };
  const text = JSON.stringify(dice.onceIn(50) ? spoilt(frame, dice) : frame);
  return dice.onceIn(500) ? text.slice(0, dice.below(text.length)) : text;
}

/** Says frames until all are said, with a new connection whenever one is closed. */
async function sayAll(world: World): Promise<{ connections: number; answered: number }> {
  const dice = new Dice(seed);
  let said = 0;
  let connections = 0;
  let answered = 0;
  const campaigns = Array.from({ length: 50 }, () => randomUUID());
  while (said < wanted) {
    const peer = new HostilePeer(await world.dial(), dice);
    connections += 1;
    const campaign = dice.of(campaigns);
    if (!dice.onceIn(10)) await peer.greet();
    if (!dice.onceIn(5)) await peer.ask('campaign.open', { campaign });
    while (peer.isOpen && said < wanted && !dice.onceIn(200)) {
      for (let left = batch; left > 0; left -= 1) peer.say(aFrame(dice, campaign));
      said += batch;
      if ('problem' in (await peer.ask('campaign.destroy', {}))) answered += 1;
    }
    peer.leave();
  }
  return { connections, answered };
}

test(
  'hostile frames of a paired peer change nothing in the cloud, and the receiver serves the next sender',
  async () => {
    await inWorld(yardstick.dir, 'frames', async (world) => {
      world.startReceiver();
      const began = performance.now();
      const { connections, answered } = await sayAll(world);
      const seconds = Math.round((performance.now() - began) / 1000);
      console.log(`${wanted} frames in ${connections} connections, ${seconds} s (GODWIT_SEED=${seed})`);
      expect(answered).toBeGreaterThan(0);
      expect(differing('destination', await censusOf(world.destination), yardstick.destination)).toEqual([]);
      const peer = new HostilePeer(await world.dial(), new Dice(1));
      expect(await peer.greet()).toMatchObject({ answer: { role: 'receiver' } });
      expect(await peer.ask('campaign.open', { campaign: randomUUID() })).toMatchObject({ answer: { state: 'new' } });
      peer.leave();
    });
  },
  120_000 + wanted * 5,
);
