import { expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, populate } from '../../../../../conformance/furnish.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

test.each([
  ['HA', { ha: true }],
  ['distributed', { distributed: true }],
  ['distributed and HA', { distributed: true, ha: true }],
  ['plain', {}],
])('the one leg of a router that is %s is captured, and nothing of the cloud’s own', async (_name, kind) => {
  const twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  const demo = await aHand(twin);
  const admin = await aHand(twin, 'admin');
  const { projectId: project_id } = await demo.session.token(AbortSignal.timeout(5000));
  const { router } = await admin.ask<{ router: { id: string } }>('POST', 'network', '/routers', {
    router: { name: 'out', project_id, ...kind },
  });
  const { subnets } = await demo.ask<{ subnets: { id: string; name: string; cidr: string }[] }>('GET', 'network', '/subnets');
  const subnet_id = subnets.find(({ cidr }) => cidr === '192.168.50.0/24')?.id;
  await demo.ask('PUT', 'network', `/routers/${router.id}/add_router_interface`, { subnet_id });

  const source = new OpenStackSource(await accessTo(twin.authUrl, 'admin'));
  onTestFinished(() => source.close());
  const { document } = await source.inventory({ project: 'demo', servers: [] }, AbortSignal.timeout(15_000));
  expect(document.interfaces.map(({ fixed_ips }) => fixed_ips)).toEqual([[{ subnet_id, ip_address: '192.168.50.1' }]]);
  expect(document.networks.map(({ name }) => name)).toEqual(['net1']);
});
