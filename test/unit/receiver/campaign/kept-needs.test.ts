import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfigurations } from '../../../../shared/model/configurations.ts';
import { aCampaign, aDocument } from '../../../support/protocol.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

test('what something needs that could not be removed is not asked for, but named, and a further removal ends it', async () => {
  const { world } = await template.world();
  const { twin } = world.destination;
  const campaign = await world.openCampaign(aCampaign());
  const subnet = {
    id: 's1',
    name: 'lan',
    network_id: 'n1',
    ip_version: 4,
    cidr: '10.9.0.0/24',
    gateway_ip: null,
    enable_dhcp: false,
  };
  const document = parseConfigurations({
    ...aDocument(),
    campaign: campaign.id,
    networks: [{ id: 'n1', name: 'lan' }],
    subnets: [{ ...subnet, needs: ['network/n1'] }],
  });
  await campaign.configure(document, () => undefined);
  twin.faults.set([{ do: 'status', status: 403, match: { method: 'DELETE', path: '/subnets/' }, times: 1 }]);
  const before = twin.requests.length;
  const { kept } = await campaign.removeAll();
  expect(kept.map(({ ref }) => ref)).toEqual(['subnet/s1', 'network/n1']);
  expect(kept[1]?.why).toBe('subnet/s1 needs it, and could not be removed.');
  const deleted = twin.requests.slice(before).filter(({ method }) => method === 'DELETE');
  expect(deleted.map(({ path }) => path.replace(/[^/]*$/, ''))).toEqual([expect.stringMatching(/\/subnets\/$/)]);
  expect(await campaign.removeAll()).toMatchObject({ kept: [] });
  expect(campaign.ledger.standing).toBe('removed');
});
