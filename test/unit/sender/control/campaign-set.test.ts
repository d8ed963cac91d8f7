import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Peers } from '../../../../protocol/transport/peers.ts';
import { Campaign } from '../../../../sender/campaign/campaign.ts';
import type { RunnerTools } from '../../../../sender/campaign/runner.ts';
import { CampaignSet } from '../../../../sender/control/campaign-set.ts';
import { Changes } from '../../../../sender/control/changes.ts';
import { status } from '../../../../sender/control/commands/status.ts';
import type { SenderContext } from '../../../../sender/control/context.ts';
import { Bandwidth } from '../../../../sender/receiver/bandwidth.ts';
import { Problem } from '../../../../shared/problem.ts';
import { aPlan, aTenant } from '../../../support/build.ts';
import { directClient } from '../../../support/direct-client.ts';
import { aFolder } from '../../../support/folder.ts';
import { beginMigration, untilState, World } from '../../../support/in-process.ts';
import { makeShop } from '../../../support/shop.ts';

/** Lines of a journal that only a later release understands. */
const later = { wish: '{"fact":"asked","wish":"dance"}\n', state: '{"fact":"rests","state":"danced"}\n' };

test('status shows what is open first, then the newest; prune archives what is over, and a restart knows it no more', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'campaign-set-'));
  const template = join(dir, 'template');
  await makeShop(template);
  const world = await World.open(template, join(dir, 'world'));
  try {
    world.startReceiver();
    const first = await world.startSender();
    const begun: string[] = [];
    for (const _ of ['one', 'two', 'three']) {
      begun.push(await beginMigration(first));
      if (begun.length === 3) break;
      await first.daemon.rollback({ campaign: begun.at(-1) ?? '' });
      await untilState(first, 'rolled back');
    }
    const ids = async (life = first) => (await life.daemon.status()).campaigns.map(({ id }) => id);
    expect(await ids()).toEqual([begun[2], begun[1], begun[0]]);
    expect(await first.daemon.prune({ days: 1 })).toEqual([]);
    const pruned = await first.daemon.prune({ days: 0 });
    expect(pruned.map(({ id, state }) => [id, state])).toEqual([
      [begun[1], 'rolled back'],
      [begun[0], 'rolled back'],
    ]);
    expect(await ids()).toEqual([begun[2]]);
    await untilState(first, 'ready');
    await first.stop();
    expect((await readdir(join(world.senderState, 'archive', begun[0] ?? ''))).sort()).toContain('journal.jsonl');
    const second = await world.startSender();
    expect(await ids(second)).toEqual([begun[2]]);
    await second.stop();
  } finally {
    await world.close();
    await rm(dir, { recursive: true });
  }
});

/** Campaigns that rest: nobody asks a cloud for them. */
function campaignsIn(state: string): CampaignSet {
  const source = () => Promise.reject(new Problem('E_CLOUD_UNREACHABLE', 'There is no cloud.'));
  const runner = { log: pino({ level: 'silent' }), source } as unknown as RunnerTools;
  return new CampaignSet({ state, changes: new Changes(), runner });
}

/** A campaign of one server, `s1`, that was moved. */
async function aReadyCampaign(state: string): Promise<Campaign> {
  const document = aTenant(1, randomUUID());
  const made = await Campaign.create(state, aPlan(document), document);
  await made.journal.append({ fact: 'rests', state: 'ready' });
  await made.journal.close();
  return made;
}

test.each<[what: string, damage: (folder: string) => Promise<void>, servers: RegExp]>([
  ['with a damaged journal', (folder) => writeFile(join(folder, 'journal.jsonl'), 'no fact\n{}\n'), /s1 is one of it/],
  ['with a wish of a later release', (folder) => appendFile(join(folder, 'journal.jsonl'), later.wish), /s1 is one of it/],
  ['in a state of a later release', (folder) => appendFile(join(folder, 'journal.jsonl'), later.state), /s1 is one of it/],
  ['without its document', (folder) => rm(join(folder, 'configurations.json')), /s1 is one of it/],
  ['without its plan', (folder) => rm(join(folder, 'plan.yaml')), /are not known/],
])('a campaign %s hides and stops no other, and its servers are begun by none', async (_, damage, servers) => {
  const state = await aFolder();
  const [whole, damaged] = [await aReadyCampaign(state), await aReadyCampaign(state)];
  await damage(damaged.folder);
  await mkdir(join(state, 'campaigns', 'lost+found'));
  const campaigns = campaignsIn(state);
  await campaigns.start();
  expect(campaigns.statuses().map(({ id, state: is }) => [id, is])).toEqual([[whole.id, 'ready']]);
  expect(campaigns.damaged()).toMatchObject([{ id: damaged.id, problem: { code: 'E_STATE_DAMAGED' } }]);
  expect(() => campaigns.find(damaged.id)).toThrow(campaigns.damaged()[0]?.problem.says);
  expect(() => campaigns.mustBeFree(['s1'])).toThrow(servers);
  await campaigns.stop();
});

test('a list of peers that cannot be read hides no campaign', async () => {
  const state = await aFolder();
  const { id } = await aReadyCampaign(state);
  const peers = new Peers(join(state, 'peers.json'));
  await writeFile(peers.path, 'no list');
  const campaigns = campaignsIn(state);
  await campaigns.start();
  const context = { release: '0.0.0', link: { peers }, bandwidth: new Bandwidth(null), campaigns } as unknown as SenderContext;
  const told = await directClient({ status }, context).status();
  expect(told).toMatchObject({ campaigns: [{ id }], peer: { says: expect.stringContaining('peers.json') } });
  await campaigns.stop();
});

test('of two exports of one server that are begun at once, one is', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'campaign-set-'));
  const template = join(dir, 'template');
  await makeShop(template);
  const world = await World.open(template, join(dir, 'world'));
  try {
    const sender = await world.startSender();
    const begin = (): Promise<unknown> => sender.daemon.beginExport({ project: undefined, servers: ['web 1'] });
    const ends = await Promise.allSettled([begin(), begin(), begin()]);
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [(end.reason as Problem).code] : []));
    expect(refused).toEqual(['E_CAMPAIGN_STATE', 'E_CAMPAIGN_STATE']);
    await sender.stop();
  } finally {
    await world.close();
    await rm(dir, { recursive: true });
  }
});
