import { expect, test } from 'vitest';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

interface Port {
  readonly id: string;
  readonly device_owner: string;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
}

/** A cloud where all is built but the interface that is not at its subnet's gateway address. */
async function aLegWithAPortOfItsOwn() {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const leg = campaign.tenant.resources.filter(({ kind }) => kind === 'interface').at(-1);
  if (leg?.kind !== 'interface') throw new Error('The sample tenant has no interface.');
  await campaign.ensureAll(leg);
  const hand = await aHand(twin);
  const address = leg.fixed_ips[0]?.ip_address;
  const ports = async (): Promise<Port[]> => {
    const { ports } = await hand.ask<{ ports: Port[] }>('GET', 'network', '/ports');
    return ports.filter(({ fixed_ips }) => fixed_ips.some(({ ip_address }) => ip_address === address));
  };
  return { twin, campaign, leg, ports };
}

test.each([
  ['is lost', { do: 'lost-answer' } as const],
  ['is a 502 although the work is done', { do: 'late', ms: 0, status: 502 } as const],
])('an interface is there once where the answer %s, and the second request conflicts with the first', async (_name, fault) => {
  const { twin, campaign, leg, ports } = await aLegWithAPortOfItsOwn();
  twin.faults.set([{ ...fault, match: { method: 'PUT', path: '/add_router_interface$' }, times: 1 }]);
  const built = await campaign.ensure(leg);
  expect(await ports()).toMatchObject([{ id: built.id, device_owner: 'network:router_interface' }]);
  expect(await campaign.ensure(leg)).toMatchObject({ id: built.id, how: 'found' });
});

test('an interface whose port serves another router is a conflict', async () => {
  const { twin, campaign, leg, ports } = await aLegWithAPortOfItsOwn();
  const body = { NeutronError: { type: 'PortInUse', message: 'Port already has an attached device.', detail: '' } };
  twin.faults.set([{ do: 'status', status: 409, body, match: { path: '/add_router_interface$' } }]);
  await expect(campaign.ensure(leg)).rejects.toMatchObject({ code: 'E_CONFLICT' });
  expect(await ports()).toMatchObject([{ device_owner: '' }]);
});
