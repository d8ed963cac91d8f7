import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Configurations } from '../../../shared/model/configurations.ts';
import { Dice } from '../../support/dice.ts';
import type { World } from '../../support/in-process.ts';
import { chosenSeed } from '../../support/seed.ts';
import { censusOf, sha256 } from '../../support/shop.ts';
import { differing, documentFrom, forget, inWorld, measure, type Yardstick } from '../power-cut/worlds.ts';
import { Walk } from './walk.ts';

/** How many conversations there are; `npm run test:random` holds three hundred. */
const wanted = Number(process.env['GODWIT_WALKS'] ?? 16);
const seed = chosenSeed();
const messages = 90;
const worldsAtOnce = 4;

let yardstick: Yardstick;
let document: Configurations;
beforeAll(async () => {
  yardstick = await measure();
  document = await documentFrom(yardstick);
}, 120_000);
afterAll(() => forget(yardstick));

/** What was there before the conversation, as it is now: nothing of it may change. */
async function foreign(world: World): Promise<unknown> {
  const { ids, images } = await censusOf(world.destination);
  const before = yardstick.destination;
  return Object.keys(before.ids).map((kind) => [
    kind,
    ids[kind]?.filter((id) => before.ids[kind]?.includes(id)),
    kind === 'images' ? Object.keys(before.images).map((id) => images[id]) : null,
  ]);
}

/**
 * Stored images that hold other bytes than those which the peer offered, whatever it answered. One
 * whose connection ended is perhaps still being stored, and has no bytes yet.
 */
async function wrongImages(world: World, walk: Walk): Promise<string[]> {
  const { images } = await censusOf(world.destination);
  const right = ['queued', 'saving', ...walk.contents().map(sha256), ...Object.values(yardstick.destination.images)];
  return Object.entries(images).flatMap(([id, digest]) =>
    right.includes(digest) ? [] : [`image ${id} has bytes that nobody offered`],
  );
}

/** One conversation; returns everything that is wrong after it. */
async function converse(world: World, dice: Dice): Promise<{ flaws: string[]; walk: Walk }> {
  const before = await foreign(world);
  world.startReceiver();
  const walk = new Walk(world, dice, document);
  await walk.say(messages);
  const flaws = [
    ...walk.flaws,
    ...differing('what was there', await foreign(world), before),
    ...(await wrongImages(world, walk)),
  ];
  if (!walk.isCommitted) {
    await walk.removeAll();
    flaws.push(...walk.flaws.slice(flaws.length));
  }
  if (!walk.isCommitted) flaws.push(...differing('destination', await censusOf(world.destination), yardstick.destination));
  walk.leave();
  return { flaws, walk };
}

test(
  'whatever a paired sender says, in whatever order: what was there stays, the state never goes back, and a rollback leaves nothing',
  async () => {
    const wrong: string[] = [];
    const counts = { answered: 0, refused: 0, closed: 0, committed: 0 };
    let begun = 0;
    const lane = async (): Promise<void> => {
      while (begun < wanted && wrong.length === 0) {
        begun += 1;
        const number = begun;
        const dice = new Dice(seed + number);
        const { flaws, walk } = await inWorld(yardstick.dir, `walk-${number}`, (world) => converse(world, dice));
        counts.answered += walk.counts.answered;
        counts.refused += walk.counts.refused;
        counts.closed += walk.counts.closed;
        counts.committed += walk.isCommitted ? 1 : 0;
        wrong.push(...flaws.map((flaw) => `conversation ${number} of GODWIT_SEED=${seed}: ${flaw}`));
      }
    };
    await Promise.all(Array.from({ length: worldsAtOnce }, lane));
    console.log(`${begun} conversations (GODWIT_SEED=${seed}): ${JSON.stringify(counts)}`);
    expect(wrong).toEqual([]);
    expect(counts.answered).toBeGreaterThan(wanted * 5);
    expect(counts.refused).toBeGreaterThan(wanted * 5);
  },
  60_000 + wanted * 10_000,
);
