import type { Cloud } from '../cloud.ts';
import { assignAddresses } from './addresses.ts';
import { isLeg } from './ha.ts';
import type { Port, Router } from './model.ts';
import { plainWish, plugPort } from './ports.ts';
import { removePort } from './unplug.ts';

const owner = 'network:router_centralized_snat';

/** The subnets of one network in which one port for SNAT is wanted. */
interface Wish {
  readonly networkId: string;
  readonly subnetIds: readonly string[];
}

/**
 * Gives a distributed router with a gateway its ports for SNAT, at any free address, and takes
 * those away that serve none: one in each IPv4 subnet of its legs, and one for all IPv6 subnets of
 * a network. They belong to no project (neutron/db/l3_dvr_db.py,
 * _create_snat_intf_ports_if_not_exists, _add_csnat_on_interface_create,
 * _update_snat_v6_addrs_after_intf_update and delete_csnat_router_interface_ports).
 */
export function tendSnat(cloud: Cloud, router: Router): void {
  const ports = [...cloud.state.ports.values()].filter(({ deviceId }) => deviceId === router.id);
  const wishes = router.distributed && router.gateway !== null ? wishesOf(cloud, ports.filter(isLeg)) : [];
  const snat = ports.filter(({ deviceOwner }) => deviceOwner === owner);
  for (const port of snat) {
    const wish = wishes.find((one) => serves(port, one));
    if (wish === undefined) removePort(cloud, port);
    else adjust(cloud, port, wish);
  }
  for (const wish of wishes.filter((one) => !snat.some((port) => serves(port, one)))) {
    const network = cloud.state.networks.get(wish.networkId);
    const wanted = wish.subnetIds.map((subnet_id) => ({ subnet_id }));
    if (network !== undefined) plugPort(cloud, network, '', { ...plainWish, wanted, deviceId: router.id, deviceOwner: owner });
  }
}

function serves({ fixedIps }: Port, { subnetIds }: Wish): boolean {
  return fixedIps.some(({ subnet_id }) => subnetIds.includes(subnet_id));
}

function adjust(cloud: Cloud, port: Port, { subnetIds }: Wish): void {
  const kept = port.fixedIps.filter(({ subnet_id }) => subnetIds.includes(subnet_id));
  const fresh = subnetIds.filter((id) => !kept.some(({ subnet_id }) => subnet_id === id));
  if (fresh.length === 0 && kept.length === port.fixedIps.length) return;
  const wanted = fresh.map((subnet_id) => ({ subnet_id }));
  port.fixedIps = [...kept, ...assignAddresses(cloud, port, wanted, kept)];
}

function wishesOf(cloud: Cloud, legs: readonly Port[]): Wish[] {
  const all = legs.flatMap(({ networkId, fixedIps }) => fixedIps.map(({ subnet_id }) => ({ networkId, subnetId: subnet_id })));
  const ofVersion = (version: 4 | 6): typeof all =>
    all.filter(({ subnetId }) => cloud.state.subnets.get(subnetId)?.ipVersion === version);
  const byNetwork = Map.groupBy(ofVersion(6), ({ networkId }) => networkId);
  return [
    ...ofVersion(4).map(({ networkId, subnetId }) => ({ networkId, subnetIds: [subnetId] })),
    ...[...byNetwork].map(([networkId, own]) => ({ networkId, subnetIds: own.map(({ subnetId }) => subnetId) })),
  ];
}
