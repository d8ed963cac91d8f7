import { randomUUID } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Peers } from '../../../../protocol/transport/peers.ts';
import { ledger, status } from '../../../../receiver/control/commands/status.ts';
import type { ReceiverContext } from '../../../../receiver/control/context.ts';
import { directClient } from '../../../support/direct-client.ts';
import { Endings } from '../../../support/endings.ts';
import { canMount, fillDisk, mountTmpfs } from '../../../support/tmpfs.ts';
import { aPairedSender, aPairedSite, connect, someCampaigns } from '../session/paired-site.ts';

test('a campaign whose ledger is damaged is listed as that, and hides no other', async () => {
  const { state, campaigns, sessions, receiver } = await aPairedSite();
  const whole = randomUUID();
  const damaged = randomUUID();
  for (const id of [whole, damaged]) await (await campaigns.open(id)).ledger.reach('configured');
  await writeFile(join(state, 'campaigns', damaged, 'ledger.jsonl'), 'no fact\n{}\n');
  const { peers } = receiver;
  const context = { release: '0.0.0', listening: '', state, sessions, campaigns: someCampaigns(state), peers } as ReceiverContext;
  await (await campaigns.open(whole)).ledger.intend('network/n1');
  const daemon = directClient({ status, ledger }, context);
  expect((await daemon.ledger({})).toSorted((a, b) => a.state.localeCompare(b.state))).toEqual([
    { campaign: damaged, state: 'damaged', problem: expect.stringContaining('ledger.jsonl') },
    { campaign: whole, ref: 'network/n1', state: 'intended', id: null, how: null },
  ]);
  await expect(daemon.ledger({ campaign: damaged })).rejects.toMatchObject({ code: 'E_STATE_DAMAGED' });
  const { campaigns: told } = await daemon.status();
  expect(told.toSorted((a, b) => a.state.localeCompare(b.state))).toMatchObject([
    { id: whole, state: 'configured' },
    { id: damaged, state: 'damaged', problem: expect.stringContaining('ledger.jsonl') },
  ]);
});

test('a campaign that is over is archived when it is seen, and told from there although its ledger is gone', async () => {
  const { state, campaigns, sessions, receiver } = await aPairedSite();
  const { peers } = receiver;
  const over = randomUUID();
  const live = randomUUID();
  const { ledger } = await campaigns.open(over);
  for (const standing of ['configured', 'completed', 'committed'] as const) await ledger.reach(standing);
  await (await campaigns.open(live)).ledger.reach('configured');
  const context = { release: '0.0.0', listening: '', state, sessions, campaigns: someCampaigns(state), peers } as ReceiverContext;
  const daemon = directClient({ status }, context);
  const first = await daemon.status({});
  expect(first.campaigns.map(({ id, state: is }) => [id, is])).toEqual([
    [live, 'configured'],
    [over, 'committed'],
  ]);
  await rm(join(state, 'campaigns', over, 'ledger.jsonl'));
  // Others write to this disk, too.
  expect(await daemon.status({})).toEqual({ ...first, stagingFreeBytes: expect.any(Number) });
  expect(await daemon.status({ ended: 0 })).toMatchObject({ endedCampaigns: 1, campaigns: [{ id: live }] });
});

test('a campaign that is over is closed when its session ends, and opened again for a late repeat', async () => {
  const site = await aPairedSite();
  const sender = await aPairedSender(site);
  const campaign = randomUUID();
  const connection = await connect(site, sender);
  await connection.request('campaign.open', { campaign });
  const { ledger } = await site.campaigns.known(campaign);
  for (const standing of ['configured', 'completed', 'committed'] as const) await ledger.reach(standing);
  expect(await site.campaigns.opened(campaign)).toBeDefined();
  await connection.close('done');
  await expect.poll(() => site.campaigns.opened(campaign)).toBeUndefined();
  const again = await connect(site, sender);
  await again.request('campaign.open', { campaign });
  expect(await again.request('campaign.commit', { campaign })).toMatchObject({ freed_bytes: 0 });
});

test('campaigns of which a peer says nothing but their ids are closed when it leaves, and take no room', async () => {
  const site = await aPairedSite();
  const sender = await aPairedSender(site);
  const campaign = randomUUID();
  for (const id of [campaign, randomUUID(), randomUUID()]) {
    const connection = await connect(site, sender);
    await connection.request('campaign.open', { campaign: id });
    expect(await site.campaigns.opened(id)).toBeDefined();
    await connection.close('done');
    await expect.poll(() => site.campaigns.opened(id)).toBeUndefined();
    expect((await readdir(join(site.state, 'campaigns', id))).sort()).toEqual(['ledger.jsonl', 'owner.json']);
  }
  const again = await connect(site, sender);
  expect(await again.request('campaign.open', { campaign })).toMatchObject({ known: true, state: 'new' });
});

test.skipIf(!canMount())(
  'a full disk hides no campaign, and one that is over is archived once there is room (needs root)',
  async () => {
    const endings = new Endings();
    const { state: folder, sessions, receiver } = await aPairedSite();
    const state = join(folder, 'small');
    await mountTmpfs(state, 4, endings);
    try {
      const campaigns = someCampaigns(state);
      const over = randomUUID();
      const { ledger: own } = await campaigns.open(over);
      for (const standing of ['configured', 'completed', 'committed'] as const) await own.reach(standing);
      const { peers } = receiver;
      const context = { release: '0.0.0', listening: '', state, sessions, campaigns, peers } as ReceiverContext;
      const daemon = directClient({ status }, context);
      const free = await fillDisk(state);
      expect(await daemon.status({})).toMatchObject({ endedCampaigns: 0, campaigns: [{ id: over, state: 'committed' }] });
      await free();
      expect(await daemon.status({})).toMatchObject({ endedCampaigns: 1, campaigns: [{ id: over, state: 'committed' }] });
    } finally {
      await endings.run();
    }
  },
);

test('a damaged list of peers hides no campaign', async () => {
  const { state, campaigns, sessions } = await aPairedSite();
  const id = randomUUID();
  await (await campaigns.open(id)).ledger.reach('configured');
  const peers = new Peers(join(state, 'damaged.json'));
  await writeFile(peers.path, 'no list');
  const daemon = directClient({ status }, {
    release: '0.0.0',
    listening: '',
    state,
    sessions,
    campaigns,
    peers,
  } as ReceiverContext);
  const told = [{ id, state: 'configured', owner: expect.stringContaining('damaged.json') }];
  expect((await daemon.status({})).campaigns).toMatchObject(told);
});
