import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CampaignStatus } from '../../../../sender/campaign/campaign-status.ts';
import { changesSince } from '../../../../sender/campaign/since-capture.ts';
import { untilState } from '../../../support/in-process.ts';
import { aDocument } from '../../../support/protocol.ts';
import { ShopTemplate } from '../../../support/shop-world.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

interface Made {
  readonly id: string;
  readonly name: string;
}

test('what an owner changes on the network side while the campaign is ready is told before the source is given up', async () => {
  const { world, sender, campaign } = await template.ready();
  const status = async (): Promise<CampaignStatus | undefined> => (await sender.daemon.status()).campaigns[0];
  expect((await status())?.differences).toEqual([]);
  const { user } = world.source;
  const group = (await user.list<Made>('network', '/security-groups', 'security_groups')).find(({ name }) => name === 'web');
  const [network] = await user.list<Made>('network', '/networks?name=front', 'networks');
  const rule = { security_group_id: group?.id, direction: 'ingress', protocol: 'tcp', port_range_min: 22, port_range_max: 22 };
  await user.send('POST', 'network', '/security-group-rules', { security_group_rule: rule });
  await user.send('PUT', 'network', `/networks/${network?.id}`, { network: { description: 'no longer' } });
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  const told = (await status())?.differences ?? [];
  expect(told.map(({ ref, says }) => `${ref.split('/')[0]}: ${says}`).sort()).toEqual([
    'network: changed at the source since its capture: description "no longer" instead of "where customers come"',
    `security_group_rule: is new at the source since the capture, in security_group/${group?.id}`,
  ]);
});

test('a source that is as it was captured has no changes, and one that lost something has', () => {
  const subnet = { kind: 'network' as const, id: 'n1', name: 'net' };
  const before = { ...aDocument(), networks: [subnet] } as unknown as ReturnType<typeof aDocument>;
  expect(changesSince(before, before)).toEqual([]);
  expect(changesSince(before, aDocument())).toEqual([{ ref: 'network/n1', says: 'is gone at the source since its capture' }]);
});
