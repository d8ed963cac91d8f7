import { expect, test } from 'vitest';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

test.each([
  [1400, ['mtu is 1400, not 1450']],
  [1450, []],
])('of a mapped network with an MTU of %d, what the guests lose is told', async (mtu, fatal) => {
  const twin = await aFurnishedTwin();
  const hand = await aHand(twin);
  const campaign = await aCampaign(twin);
  const captured = campaign.tenant.resources.find((one) => one.kind === 'network' && !one.external);
  if (captured?.kind !== 'network') throw new Error('The tenant has no network of its own.');
  const wanted = { ...captured, mtu: 1450 };
  const { network } = await hand.ask<{ network: { id: string } }>('POST', 'network', '/networks', {
    network: { name: 'theirs', mtu },
  });
  const context = campaign.context(wanted);
  const networks = { ...context.mappings.networks, [wanted.id]: { to: network.id } };
  const adopting = { ...context, mappings: { ...context.mappings, networks } };
  expect(await campaign.cloud.ensure(wanted, adopting)).toMatchObject({ id: network.id, how: 'adopted' });
  expect((await campaign.cloud.differences(wanted, network.id, adopting)).fatal).toEqual(fatal);
});
