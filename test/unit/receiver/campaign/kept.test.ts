import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import type { ReceiverCampaign } from '../../../../receiver/campaign/campaign.ts';
import { Campaigns } from '../../../../receiver/campaign/campaigns.ts';
import { freeKept, listKept, type Unwanted } from '../../../../receiver/campaign/kept.ts';
import { WorkerPool } from '../../../../shared/disk/worker-pool.ts';
import { Problem } from '../../../../shared/problem.ts';
import { aFolder, problemOf } from '../../../support/folder.ts';
import { aDisk, fill, offered, pullerOf } from '../../../support/offered.ts';

/** A receiver without a cloud that keeps disks. */
async function aKeeper() {
  const state = await aFolder();
  const workers = new WorkerPool({ size: 1, buffers: 4 });
  const campaigns = new Campaigns(state, {
    cloud: () => Promise.reject(new Problem('E_CLOUD_UNREACHABLE', 'There is no cloud.')),
    workers,
    log: pino({ level: 'silent' }),
    directIo: true,
    keptFor: (peer) => join(state, 'kept', peer),
    images: { images: 'none', mostBytes: 0 },
  });
  onTestFinished(async () => {
    await campaigns.close();
    await workers.close();
  });
  const root = join(state, 'kept');
  const serve = async (peer: string): Promise<ReceiverCampaign> => {
    const campaign = await campaigns.open(randomUUID());
    campaign.serve(peer);
    return campaign;
  };
  return {
    root,
    serve,
    list: () => listKept(root, campaigns),
    free: async (unwanted: Unwanted) => freeKept(root, unwanted, await campaigns.ids(), campaigns),
    /** Moves a disk in a campaign of its own, and commits it. */
    async keep(peer: string, picture: string): Promise<string> {
      const campaign = await serve(peer);
      const offer = offered(aDisk(picture, 4096));
      const copy = await campaign.disks.offer('s1', 's1.root', offer.shape);
      await fill(copy, offer);
      await campaign.disks.seal('s1', 's1.root', offer.root, pullerOf(copy, offer));
      await campaign.ledger.reach('completed');
      await campaign.commit();
      return campaign.id;
    },
  };
}

test('kept disks are listed by campaign, oldest first, with what they take', async () => {
  const keeper = await aKeeper();
  expect(await keeper.list()).toEqual([]);
  const first = await keeper.keep('west', 'abcd');
  const second = await keeper.keep('north', 'e');
  const kept = await keeper.list();
  expect(kept.map(({ campaign, disks, usedBy }) => [campaign, disks, usedBy])).toEqual([
    [first, 1, null],
    [second, 1, null],
  ]);
  expect(kept[0]?.bytes).toBeGreaterThanOrEqual(4 * 4096);
  expect(Date.now() - Date.parse(kept[1]?.keptAt ?? '')).toBeLessThan(60_000);
});

test('one campaign’s disks are freed by the beginning of its id, and once more without harm', async () => {
  const keeper = await aKeeper();
  const first = await keeper.keep('west', 'ab');
  const second = await keeper.keep('west', 'cd');
  const unwanted: Unwanted = { which: 'campaign', campaign: first.slice(0, 8) };
  expect((await keeper.free(unwanted)).freed.map(({ campaign }) => campaign)).toEqual([first]);
  expect(await keeper.free(unwanted)).toEqual({ freed: [], inUse: [] });
  expect((await keeper.list()).map(({ campaign }) => campaign)).toEqual([second]);
  for (const campaign of ['abc', 'no such campaign'])
    expect((await problemOf(keeper.free({ which: 'campaign', campaign }))).code).toBe('E_NOT_FOUND');
});

test('those that were kept too long are freed, and the others stay', async () => {
  const keeper = await aKeeper();
  const old = await keeper.keep('west', 'ab');
  const young = await keeper.keep('north', 'cd');
  const then = new Date(Date.now() - 31 * 86_400_000);
  const folder = join(keeper.root, 'west');
  for (const name of await readdir(folder)) await utimes(join(folder, name), then, then);
  expect((await keeper.free({ which: 'older', days: 30 })).freed.map(({ campaign }) => campaign)).toEqual([old]);
  expect((await keeper.free({ which: 'older', days: 30 })).freed).toEqual([]);
  expect((await keeper.list()).map(({ campaign }) => campaign)).toEqual([young]);
});

test('a campaign under way keeps what it takes blocks from, until all its disks are here', async () => {
  const keeper = await aKeeper();
  const used = await keeper.keep('west', 'abcd');
  const other = await keeper.keep('north', 'e');
  const campaign = await keeper.serve('west');
  const offer = offered(aDisk('dcbaz', 4096));
  const copy = await campaign.disks.offer('s1', 's1.root', offer.shape);
  expect((await keeper.list()).map(({ usedBy }) => usedBy)).toEqual([campaign.id, null]);
  const refused = (await problemOf(keeper.free({ which: 'campaign', campaign: used }))) as Problem;
  expect(refused).toMatchObject({ code: 'E_CAMPAIGN_STATE', exit: 40 });
  const all = await keeper.free({ which: 'all' });
  expect([all.freed, all.inUse].map((some) => some.map((kept) => kept.campaign))).toEqual([[other], [used]]);
  await fill(copy, offer);
  expect(copy.counts()).toMatchObject({ copied: 4, pulled: 1 });
  await campaign.ledger.reach('completed');
  expect((await keeper.free({ which: 'all' })).freed.map((kept) => kept.campaign)).toEqual([used]);
  expect(campaign.disks.borrows(join(keeper.root, 'west'))).toBe(false);
  expect((await readFile(copy.path)).equals(aDisk('dcbaz', 4096))).toBe(true);
});

test('what a killed receiver left half freed goes with the next try, and what is not ours stays', async () => {
  const keeper = await aKeeper();
  const id = await keeper.keep('west', 'ab');
  const folder = join(keeper.root, 'west');
  await rm(join(folder, `${id}.s1.root.raw`));
  await mkdir(join(folder, 'notes'));
  await writeFile(join(keeper.root, 'stray'), 'x');
  expect(await keeper.list()).toMatchObject([{ campaign: id, disks: 0 }]);
  expect((await keeper.free({ which: 'all' })).freed).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['notes']);
});
