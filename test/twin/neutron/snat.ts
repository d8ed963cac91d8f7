import type { Cloud } from '../cloud.ts';
import { isLeg } from './ha.ts';
import type { Port, Router } from './model.ts';
import { plainWish, plugPort } from './ports.ts';
import { removePort } from './unplug.ts';

const owner = 'network:router_centralized_snat';

/**
 * Gives a distributed router with a gateway a port for SNAT in each subnet of its legs, at any free
 * address, and takes those away that serve none. They belong to no project (neutron/db/l3_dvr_db.py,
 * create_snat_intf_ports_if_not_exists and delete_csnat_router_interface_ports).
 */
export function tendSnat(cloud: Cloud, router: Router): void {
  const ports = [...cloud.state.ports.values()].filter(({ deviceId }) => deviceId === router.id);
  const wanted = router.distributed && router.gateway !== null ? subnetsOf(cloud, ports.filter(isLeg)) : [];
  const snat = ports.filter(({ deviceOwner }) => deviceOwner === owner);
  for (const port of snat) if (!port.fixedIps.some(({ subnet_id }) => wanted.includes(subnet_id))) removePort(cloud, port);
  for (const subnet_id of wanted) {
    if (snat.some(({ fixedIps }) => fixedIps.some((fixed) => fixed.subnet_id === subnet_id))) continue;
    const network = cloud.state.networks.get(cloud.state.subnets.get(subnet_id)?.networkId ?? '');
    if (network === undefined) continue;
    plugPort(cloud, network, '', { ...plainWish, wanted: [{ subnet_id }], deviceId: router.id, deviceOwner: owner });
  }
}

function subnetsOf(cloud: Cloud, legs: readonly Port[]): string[] {
  const ids = legs.flatMap(({ fixedIps }) => fixedIps.map(({ subnet_id }) => subnet_id));
  return ids.filter((id) => cloud.state.subnets.get(id)?.ipVersion === 4);
}
