import { expect, test } from 'vitest';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

test('a gateway with an IPv4 and an IPv6 address keeps both, and a difference in either is told', async () => {
  const twin = await aFurnishedTwin();
  const admin = await aHand(twin, 'admin');
  const campaign = await aCampaign(twin, 'admin', 'demo');
  const router = campaign.tenant.get('router');
  const outside = campaign.tenant.get('network');
  const network_id = campaign.tenant.mappings.networks[outside.id]?.to;
  await admin.ask('POST', 'network', '/subnets', {
    subnet: { network_id, cidr: '2001:db8:5::/64', ip_version: 6, enable_dhcp: false },
  });
  const gateway = aResource('gateway', {
    id: router.id,
    router_id: router.id,
    network_id: outside.id,
    external_fixed_ips: [
      { subnet_id: 'four', ip_address: '172.24.10.44' },
      { subnet_id: 'six', ip_address: '2001:db8:5::44' },
    ],
  });
  for (const needed of [outside, router]) await campaign.ensure(needed);
  const context = {
    ...campaign.context(gateway),
    mappings: { ...campaign.tenant.mappings, gateways: { [router.id]: { ip: 'same' } } },
  };
  const built = await campaign.cloud.ensure(gateway, context);
  expect(built.detail).toEqual({ address: '172.24.10.44, 2001:db8:5::44' });
  expect(await campaign.cloud.differences(gateway, built.id, context)).toEqual({ fatal: [], told: [] });
  const less = { ...gateway, external_fixed_ips: gateway.external_fixed_ips.slice(0, 1) };
  expect(await campaign.cloud.differences(less, built.id, context)).toEqual({
    fatal: [expect.stringContaining('2001:db8:5::44')],
    told: [],
  });
});

test('a member moves a router with SNAT off where the plan accepts that the cloud decides, and it is told', async () => {
  const campaign = await aCampaign(await aFurnishedTwin());
  const gateway = { ...campaign.tenant.get('gateway'), enable_snat: false };
  const resources = campaign.tenant.resources.map((one) => (one.kind === 'gateway' ? gateway : one));
  const signal = AbortSignal.timeout(10_000);
  const { concerns } = await campaign.cloud.preflight(resources, campaign.tenant.mappings, signal);
  expect(concerns).toMatchObject([{ code: 'gateway.snat_rights', severity: 'blocking', about: `gateway/${gateway.id}` }]);
  await campaign.ensureAll(campaign.tenant.get('gateway'));

  const context = campaign.context(gateway);
  const problem = await campaign.cloud.ensure(gateway, context).catch((error: unknown) => error);
  expect(problem).toMatchObject({
    code: 'E_FORBIDDEN',
    message: expect.stringContaining('Only an admin of the destination may switch SNAT off'),
    hint: expect.stringContaining(`gateway.snat_rights gateway/${gateway.id}`),
  });
  const accepting = { ...context, mappings: { ...context.mappings, accept: [`gateway.snat_rights gateway/${gateway.id}`] } };
  const { id } = await campaign.cloud.ensure(gateway, accepting);
  expect(await campaign.cloud.differences(gateway, id, accepting)).toEqual({
    fatal: [],
    told: ['enable_snat is true, not false'],
  });
});
