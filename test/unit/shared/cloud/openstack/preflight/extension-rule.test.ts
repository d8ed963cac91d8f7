import { expect, test } from 'vitest';
import type { Resource } from '../../../../../../shared/model/resource.ts';
import { aCampaign, aFurnishedTwin, type Campaign } from '../a-destination.ts';

async function codes(campaign: Campaign): Promise<string[]> {
  const { concerns } = await campaign.cloud.preflight(
    campaign.tenant.resources,
    campaign.tenant.mappings,
    AbortSignal.timeout(10_000),
  );
  return concerns.map(({ severity, code, says }) => `${severity} ${code}: ${says}`);
}

test.each([
  ['standard-attr-tag', /network, subnet pool, subnet, router, security group, port, floating IP/],
  ['router', /router, gateway, interface, floating IP/],
  ['extraroute', /routes/],
  ['security-group', /security group, security group rule/],
])('a destination without the extension %s is known before the first write, with what needs it', async (alias, kinds) => {
  const campaign = await aCampaign(await aFurnishedTwin({ withoutExtensions: [alias] }));
  expect(await codes(campaign)).toEqual([expect.stringMatching(/^blocking extension.absent: /)]);
  expect((await codes(campaign))[0]).toMatch(kinds);
});

test.each([['port-security'], ['allowed-address-pairs']])(
  'a destination without the extension %s blocks only resources that have what needs it',
  async (alias) => {
    const campaign = await aCampaign(await aFurnishedTwin({ withoutExtensions: [alias] }));
    const withPairs = (allowed_address_pairs: { ip_address: string }[], port_security_enabled: boolean) =>
      campaign.tenant.resources.map((one) =>
        one.kind === 'port' ? { ...one, port_security_enabled, allowed_address_pairs } : one,
      );
    const look = async (resources: readonly Resource[]) => {
      const { concerns } = await campaign.cloud.preflight(resources, campaign.tenant.mappings, AbortSignal.timeout(10_000));
      return concerns.map(({ severity, code }) => `${severity} ${code}`);
    };
    expect(await look(withPairs([], true))).toEqual([]);
    expect(await look(withPairs([{ ip_address: '10.199.7.77' }], false))).toEqual(['blocking port.unsupported_attribute']);
  },
);

test('a destination with all of them is silent', async () => {
  expect(await codes(await aCampaign(await aFurnishedTwin()))).toEqual([]);
});
