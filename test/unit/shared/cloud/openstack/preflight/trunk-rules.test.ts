import { expect, test } from 'vitest';
import type { Mappings } from '../../../../../../shared/model/mappings.ts';
import { aResource } from '../../../../../conformance/tenant.ts';
import { aCampaign, aFurnishedTwin, aHand } from '../a-destination.ts';

interface Made {
  readonly id: string;
}

/**
 * A trunk on the first port of the sample tenant, and a network of the destination like its own.
 */
async function aTrunk(mtus: { readonly there: number; readonly subport: number }) {
  const twin = await aFurnishedTwin();
  const campaign = await aCampaign(twin);
  const hand = await aHand(twin);
  const post = async (path: string, key: string, body: object): Promise<string> =>
    ((await hand.ask<Record<string, Made>>('POST', 'network', path, { [key]: body }))[key] as Made).id;
  const { tenant } = campaign;
  const network = await post('/networks', 'network', { name: 'there', mtu: mtus.there });
  const { cidr } = tenant.get('subnet');
  await post('/subnets', 'subnet', { network_id: network, cidr, ip_version: 4, enable_dhcp: false });
  const subport = aResource('port', { id: 'sub', network_id: 'voice', mac_address: 'fa:16:3e:77:00:44', fixed_ips: [] });
  const sub_ports = [{ port_id: 'sub', segmentation_type: 'vlan', segmentation_id: 44 }];
  const trunk = aResource('trunk', { id: 'uplink', name: 'uplink', port_id: tenant.get('port').id, sub_ports });
  const voice = aResource('network', { id: 'voice', name: 'voice', mtu: mtus.subport });
  const resources = [...tenant.resources, voice, subport, trunk];
  const { networks } = tenant.mappings;
  const adopted = { ...networks, [tenant.get('network', 1).id]: { to: network } };
  const found = async (more: Partial<Mappings>): Promise<string[]> => {
    const mappings = { ...tenant.mappings, networks: adopted, ...more };
    const { concerns } = await campaign.cloud.preflight(resources, mappings, AbortSignal.timeout(10_000));
    return concerns
      .filter(({ code }) => /^(trunk|mapping)\./.test(code))
      .map(({ severity, code, says }) => `${severity} ${code}: ${says}`);
  };
  return { tenant, post, network, adopted, found };
}

test('a subport in a network that is made with a larger MTU than the adopted one of its trunk is refused before the stop', async () => {
  const { found } = await aTrunk({ there: 1400, subport: 1450 });
  expect(await found({})).toEqual([
    'blocking trunk.mtu: VLAN 44 of trunk uplink is in a network with an MTU of 1450, and that of the trunk itself has less at the destination: the trunk would be refused.',
  ]);
});

test('one with the MTU of the network that the trunk is in passes', async () => {
  const { found } = await aTrunk({ there: 1400, subport: 1400 });
  expect(await found({})).toEqual([]);
});

test('a trunk in a network that is made passes only where an adopted network of its VLAN has no larger MTU', async () => {
  const { tenant, network, found } = await aTrunk({ there: 1450, subport: 1400 });
  const { networks } = tenant.mappings;
  expect(await found({ networks: { ...networks, voice: { to: network } } })).toHaveLength(1);
  expect(await found({ networks })).toEqual([]);
});

test('a trunk is mapped only together with its ports, to one with the same VLANs', async () => {
  const { tenant, post, network, adopted, found } = await aTrunk({ there: 1450, subport: 1400 });
  const parent = await post('/ports', 'port', { network_id: network });
  const inner = await post('/ports', 'port', { network_id: network });
  const sub_ports = [{ port_id: inner, segmentation_type: 'vlan', segmentation_id: 45 }];
  const there = await post('/trunks', 'trunk', { name: 'there', port_id: parent, sub_ports });
  const trunks = { uplink: { to: there } };
  const networks = { ...adopted, voice: { to: network } };
  const is = 'blocking trunk.other_port: Trunk uplink is mapped to there';
  expect(await found({ trunks })).toEqual([`${is}, whose parent is another port than that of the server.`]);
  const ports = { [tenant.get('port').id]: { to: parent }, sub: { to: inner } };
  expect(await found({ trunks, networks, ports })).toEqual([`${is}, which has other subports.`]);
  // One that is created finds its ports taken.
  const taken = (name: string): string[] => [
    `blocking trunk.port_taken: A port of trunk uplink is mapped to ${name}, which is in a trunk already.`,
  ];
  expect(await found({ networks, ports: { [tenant.get('port').id]: { to: parent } } })).toEqual(taken(parent));
  expect(await found({ networks, ports: { sub: { to: inner } } })).toEqual(taken(inner));
  expect(await found({ networks, ports: { sub: { to: 'gone' } } })).toEqual([
    'blocking mapping.absent: sub is mapped to what does not exist at the destination.',
  ]);
});
