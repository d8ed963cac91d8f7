import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { operator } from '../../../../receiver/campaign/owner.ts';
import { give } from '../../../../receiver/control/commands/owners.ts';
import { status } from '../../../../receiver/control/commands/status.ts';
import type { ReceiverContext } from '../../../../receiver/control/context.ts';
import { directClient } from '../../../support/direct-client.ts';
import { aPairedSender, aPairedSite, connect, type PairedSite, refusalOf } from '../session/paired-site.ts';

function commandsOf({ state, campaigns, sessions, receiver }: PairedSite) {
  const { peers } = receiver;
  const context = { release: '0.0.0', listening: '', state, sessions, campaigns, peers } as ReceiverContext;
  return directClient({ give, status }, context);
}

test('a campaign whose sender is unpaired is handed to another, who then goes on as its owner', async () => {
  const site = await aPairedSite();
  const lost = await aPairedSender(site);
  const heir = await aPairedSender(site);
  const campaign = randomUUID();
  await (await connect(site, lost)).request('campaign.open', { campaign });
  const daemon = commandsOf(site);
  const { peers } = site.receiver;
  const name = (await peers.byKey(heir.identity.fingerprint))?.name ?? '';
  await peers.remove(lost.identity.fingerprint);
  expect((await daemon.status()).campaigns).toMatchObject([{ id: campaign, owner: null }]);
  expect((await refusalOf(daemon.give({ campaign: campaign.slice(0, 8), peer: name, sure: false }))).code).toBe('E_USAGE');
  expect(await daemon.give({ campaign: campaign.slice(0, 8), peer: name, sure: true })).toEqual({ campaign, peer: name });
  expect((await daemon.status()).campaigns).toMatchObject([{ id: campaign, owner: name }]);
  expect(await (await connect(site, heir)).request('campaign.open', { campaign })).toMatchObject({ known: true });
});

test('a campaign of a sender that is paired, or that came as a bundle, is given to nobody', async () => {
  const site = await aPairedSite();
  const owner = await aPairedSender(site);
  const other = await aPairedSender(site);
  const campaign = randomUUID();
  const bundle = randomUUID();
  await (await connect(site, owner)).request('campaign.open', { campaign });
  await site.campaigns.openFor(operator, bundle);
  const daemon = commandsOf(site);
  const peer = other.identity.fingerprint;
  for (const [id, says] of [
    [campaign, 'is still paired'],
    [bundle, 'came as a bundle'],
  ] as const)
    expect(await refusalOf(daemon.give({ campaign: id, peer, sure: true }))).toMatchObject({
      code: 'E_CAMPAIGN_STATE',
      says: expect.stringContaining(says),
    });
  expect((await refusalOf(daemon.give({ campaign, peer: 'nobody', sure: true }))).code).toBe('E_NOT_FOUND');
  expect(await (await connect(site, owner)).request('campaign.open', { campaign })).toMatchObject({ known: true });
});
