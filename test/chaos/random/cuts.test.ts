import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Dice } from '../../support/dice.ts';
import { beginMigration, type SenderLife, untilState, type World } from '../../support/in-process.ts';
import { chosenSeed } from '../../support/seed.ts';
import { censusOf } from '../../support/shop.ts';
import {
  differing,
  flawsAfterMigration,
  flawsAfterRollback,
  forget,
  inWorld,
  measure,
  type Yardstick,
} from '../power-cut/worlds.ts';

/** How many cuts there are; `npm run test:random` makes a thousand. */
const wanted = Number(process.env['GODWIT_CUTS'] ?? 60);
const seed = chosenSeed();
/** Cuts in one phase of one campaign: its run, or its end. */
const cutsAtOnce = 6;
const worldsAtOnce = 4;

let yardstick: Yardstick;
beforeAll(async () => {
  yardstick = await measure();
}, 60_000);
afterAll(() => forget(yardstick));

/** One pair of daemons whose sender changes from life to life. */
interface Site {
  readonly world: World;
  sender: SenderLife;
}

const cuts = {
  sender: async (site: Site) => {
    await site.sender.kill();
    site.sender = await site.world.startSender();
  },
  receiver: async ({ world }: Site) => {
    await world.killReceiver();
    world.startReceiver();
  },
  both: async (site: Site) => {
    await Promise.all([site.sender.kill(), site.world.killReceiver()]);
    site.world.startReceiver();
    site.sender = await site.world.startSender();
  },
  link: async ({ world }: Site) => world.cutLink(),
} as const;
type Cut = keyof typeof cuts;

/** The ways a campaign ends, and what must be true of both clouds then. */
const ends = {
  'rolled back': {
    ask: (site: Site, campaign: string) => site.sender.daemon.rollback({ campaign }),
    flaws: (world: World) => flawsAfterRollback(world, yardstick),
  },
  committed: {
    ask: (site: Site, campaign: string) => site.sender.daemon.commit({ campaign, deleteSource: false }),
    flaws: async (world: World) => {
      const source = await censusOf(world.source);
      const destination = await censusOf(world.destination);
      return [
        ...differing('source servers', source.ids['servers'], yardstick.source.ids['servers']),
        ...differing('source snapshots', source.ids['images'], yardstick.source.ids['images']),
        ...differing('destination servers', destination.statuses, ['ACTIVE', 'ACTIVE']),
      ];
    },
  },
} as const;

/** Cuts some times at random moments while a campaign goes to a state; returns the cuts. */
async function cutUntil(
  site: Site,
  dice: Dice,
  state: 'ready' | keyof typeof ends,
  again: () => Promise<unknown>,
): Promise<Cut[]> {
  const made: Cut[] = [];
  for (let left = cutsAtOnce; left > 0; left -= 1) {
    await sleep(dice.below(250));
    const campaign = (await site.sender.daemon.status()).campaigns[0];
    if (campaign?.state === state) break;
    const cut = dice.of(['sender', 'receiver', 'both', 'link'] as const);
    await cuts[cut](site);
    made.push(cut);
    // A wish whose first record was not written was never heard; its operator says it again.
    await again();
  }
  await untilState(site.sender, state);
  return made;
}

/** Runs one campaign from the plan to its end under random cuts. */
async function campaignUnderCuts(world: World, dice: Dice): Promise<{ cuts: Cut[]; flaws: string[] }> {
  world.startReceiver();
  const site: Site = { world, sender: await world.startSender() };
  const begin = async (): Promise<void> => {
    if ((await site.sender.daemon.status()).campaigns.length === 0) await beginMigration(site.sender);
  };
  await begin();
  const made = await cutUntil(site, dice, 'ready', begin);
  const flaws = await flawsAfterMigration(world, yardstick);
  const wish = dice.of(['rolled back', 'committed'] as const);
  const { ask, flaws: flawsOf } = ends[wish];
  const askAgain = async (): Promise<void> => {
    const [campaign] = (await site.sender.daemon.status()).campaigns;
    if (campaign?.state === 'ready') await ask(site, campaign.id);
  };
  await askAgain();
  made.push(...(await cutUntil(site, dice, wish, askAgain)));
  await site.sender.stop();
  return { cuts: made, flaws: [...flaws, ...(await flawsOf(world))] };
}

test(
  'campaigns whose daemons are killed and whose link is cut at random lose nothing, and build nothing twice',
  async () => {
    const wrong: string[] = [];
    const counts: Record<Cut, number> = { sender: 0, receiver: 0, both: 0, link: 0 };
    let total = 0;
    let campaigns = 0;
    const lane = async (): Promise<void> => {
      while (total < wanted && wrong.length === 0) {
        campaigns += 1;
        const number = campaigns;
        const ended = await inWorld(yardstick.dir, `random-${number}`, (world) =>
          campaignUnderCuts(world, new Dice(seed + number)),
        ).catch((error: unknown) => ({ cuts: [], flaws: [String(error)] }));
        for (const cut of ended.cuts) counts[cut] += 1;
        total += ended.cuts.length;
        wrong.push(
          ...ended.flaws.map((flaw) => `campaign ${number} of GODWIT_SEED=${seed}, cut ${ended.cuts.join(', ')}: ${flaw}`),
        );
      }
    };
    await Promise.all(Array.from({ length: worldsAtOnce }, lane));
    console.log(`${total} cuts in ${campaigns} campaigns (GODWIT_SEED=${seed}): ${JSON.stringify(counts)}`);
    expect(wrong).toEqual([]);
    expect(total).toBeGreaterThanOrEqual(wanted);
  },
  60_000 + wanted * 5_000,
);
