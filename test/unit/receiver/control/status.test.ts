import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ledger, status } from '../../../../receiver/control/commands/status.ts';
import type { ReceiverContext } from '../../../../receiver/control/context.ts';
import { directClient } from '../../../support/direct-client.ts';
import { aPairedSender, aPairedSite, connect, someCampaigns } from '../session/paired-site.ts';

test('a campaign whose ledger is damaged is listed as that, and hides no other', async () => {
  const { state, campaigns, sessions, receiver } = await aPairedSite();
  const [whole, damaged] = [randomUUID(), randomUUID()];
  for (const id of [whole, damaged]) await (await campaigns.open(id)).ledger.reach('configured');
  await writeFile(join(state, 'campaigns', damaged, 'ledger.jsonl'), 'no fact\n{}\n');
  const { peers } = receiver;
  const context = { release: '0.0.0', listening: '', state, sessions, campaigns: someCampaigns(state), peers } as ReceiverContext;
  const { campaigns: told } = await directClient({ status }, context).status();
  expect(told.toSorted((a, b) => a.state.localeCompare(b.state))).toMatchObject([
    { id: whole, state: 'configured' },
    { id: damaged, state: 'damaged', problem: expect.stringContaining('ledger.jsonl') },
  ]);
});

test('a campaign that is over is archived when it is seen, and told from there although its ledger is gone', async () => {
  const { state, campaigns, sessions, receiver } = await aPairedSite();
  const { peers } = receiver;
  const [over, live] = [randomUUID(), randomUUID()];
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
  expect(await daemon.status({})).toEqual(first);
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

test('a ledger is shown by the beginning of its campaign’s id, and says what was released; a beginning of several names them', async () => {
  const { state, campaigns, sessions, receiver } = await aPairedSite();
  const ids = ['7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de', '7c0a2d8e-0000-4f0f-9d63-5a7d33a0c1de'];
  for (const id of ids) {
    const { ledger: books } = await campaigns.open(id);
    await books.intend('network/n1');
    await books.built('network/n1', { id: 'N', how: 'adopted' });
    await books.gone('network/n1');
  }
  const context = { release: '0.0.0', listening: '', state, sessions, campaigns, peers: receiver.peers } as ReceiverContext;
  const daemon = directClient({ ledger }, context);
  const released = { campaign: ids[0], ref: 'network/n1', state: 'released', id: 'N', how: 'adopted' };
  expect(await daemon.ledger({ campaign: '7c0a2d8e-52' })).toEqual([released]);
  expect(await daemon.ledger({})).toHaveLength(2);
  for (const [campaign, says] of [
    ['7c0a2d8e', `is the beginning of 2 campaigns: ${ids.toSorted().join(', ')}.`],
    ['7c0', 'is the beginning of 2 campaigns'],
    ['ffff', 'no campaign whose id begins with'],
  ] as const)
    await expect(daemon.ledger({ campaign })).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
      message: expect.stringContaining(says),
    });
});
