import { expect, test } from 'vitest';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

interface Made {
  readonly id: string;
  readonly floating_ip_address: string;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
}

test('what an adopted floating IP forwards already is found before the first write, and adopted where it is the same', async () => {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const post = async (path: string, key: string, body: object): Promise<Made> =>
    (await hand.ask<Record<string, Made>>('POST', 'network', path, { [key]: body }))[key] as Made;
  const { networks } = await hand.ask<{ networks: Made[] }>('GET', 'network', '/networks?router:external=true');
  const external = networks[0]?.id;
  const lan = await post('/networks', 'network', { name: 'lan' });
  const { cidr } = campaign.tenant.get('subnet');
  const subnet = await post('/subnets', 'subnet', { network_id: lan.id, cidr, ip_version: 4 });
  const router = await post('/routers', 'router', { external_gateway_info: { network_id: external } });
  await hand.ask('PUT', 'network', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
  const port = await post('/ports', 'port', { network_id: lan.id });
  const gate = await post('/floatingips', 'floatingip', { floating_network_id: external });
  const inside = { internal_ip_address: port.fixed_ips[0]?.ip_address ?? '', internal_port: 80 };
  const forwarding = { protocol: 'tcp', internal_port_id: port.id, external_port: 8080, ...inside };
  const { id: is } = await post(`/floatingips/${gate.id}/port_forwardings`, 'port_forwarding', forwarding);

  const { tenant } = campaign;
  const [own] = tenant.resources.filter(({ kind }) => kind === 'port');
  const floating = aResource('floating_ip', { id: 'gate', floating_ip_address: '203.0.113.1', floating_network_id: 'ext' });
  const look = async (external_port: number, more: object) => {
    const wanted = {
      id: 'web',
      protocol: 'tcp',
      floating_ip_id: 'gate',
      internal_port_id: own?.id ?? '',
      external_port,
      ...inside,
    };
    const mappings = { ...tenant.mappings, floating_ips: { gate: { to: gate.floating_ip_address } }, ...more };
    const resources = [...tenant.resources, floating, aResource('port_forwarding', wanted)];
    const { concerns, decisions } = await campaign.cloud.preflight(resources, mappings, AbortSignal.timeout(10_000));
    const codes = concerns.map(({ severity, code }) => `${severity} ${code}`).filter((text) => text.includes('port_forwarding'));
    return { codes, decision: decisions.find(({ ref }) => ref === 'port_forwarding/web') };
  };
  expect(await look(8080, {})).toMatchObject({ codes: ['blocking port_forwarding.taken'], decision: { action: 'create' } });
  expect(await look(8081, {})).toMatchObject({ codes: [], decision: { action: 'create' } });
  const networksTo = { ...tenant.mappings.networks, [tenant.get('network', 1).id]: { to: lan.id } };
  const adopted = { networks: networksTo, ports: { [own?.id ?? '']: { to: port.id } } };
  expect(await look(8080, adopted)).toMatchObject({ codes: [], decision: { action: 'adopt', id: is } });
});
