import { canonicalIp, formatIp, parseIp } from '../../../ip.ts';
import { refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiNetwork, ApiPort, ApiSubnet } from '../api.ts';
import type { Site } from './site.ts';
import { isStamped } from './stamped.ts';

/** Number of attempts to claim an address. Each port of the cloud that holds it is moved once. */
const attempts = 4;

/**
 * Creates a port with the wanted addresses. On a new network the cloud's DHCP or metadata port may
 * hold one: it is given another address (its agent follows), and the port is created again.
 */
export async function claiming<T>(
  site: Site,
  networkId: string,
  addresses: readonly string[],
  context: BuildContext,
  create: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await create();
    } catch (error) {
      const taken = error instanceof Problem && error.code === 'E_CONFLICT';
      if (!taken || attempt >= attempts || !(await makeRoom(site, networkId, addresses, context))) throw error;
    }
  }
}

/**
 * Moves the cloud's ports off the addresses; false where there are none, or we did not create the
 * network.
 */
async function makeRoom(site: Site, networkId: string, addresses: readonly string[], context: BuildContext): Promise<boolean> {
  const { signal, campaign } = context;
  const built = context.built(refOf('network', networkId));
  const network = await site.get<ApiNetwork>('network', `/networks/${built}`, 'network', signal);
  if (network === null || !isStamped(network, campaign)) return false;
  const ports = await site.network<ApiPort>('/ports', 'ports', { network_id: built }, signal);
  const wanted = new Set(addresses.map(canonicalIp));
  const inTheWay = ports.filter(
    (port) =>
      /^network:(dhcp|distributed)$/.test(port.device_owner) &&
      port.fixed_ips.some((ip) => wanted.has(canonicalIp(ip.ip_address))),
  );
  for (const port of inTheWay) await move(site, port, ports, wanted, signal);
  return inTheWay.length > 0;
}

async function move(
  site: Site,
  port: ApiPort,
  ports: readonly ApiPort[],
  wanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const used = new Set([...wanted, ...ports.flatMap((one) => one.fixed_ips.map((ip) => canonicalIp(ip.ip_address)))]);
  const fixed_ips: { subnet_id: string; ip_address: string }[] = [];
  for (const { subnet_id, ip_address } of port.fixed_ips) {
    const stays = !wanted.has(canonicalIp(ip_address));
    fixed_ips.push({ subnet_id, ip_address: stays ? ip_address : await freeAddress(site, subnet_id, used, signal) });
  }
  await site.send('PUT', 'network', `/ports/${port.id}`, { port: { fixed_ips } }, 'port', signal);
}

/** The last free address of a subnet's pools, because servers usually have the first ones. */
async function freeAddress(site: Site, subnetId: string, used: ReadonlySet<string>, signal: AbortSignal): Promise<string> {
  const subnet = await site.get<ApiSubnet>('network', `/subnets/${subnetId}`, 'subnet', signal);
  for (const pool of [...(subnet?.allocation_pools ?? [])].reverse()) {
    const first = parseIp(pool.start);
    const last = parseIp(pool.end);
    if (first === null || last === null) continue;
    for (let value = last.value; value >= first.value; value--) {
      const address = formatIp({ ...last, value });
      if (!used.has(address)) return address;
    }
  }
  throw new Problem('E_CONFLICT', `Subnet ${subnetId} has no free address for the cloud's own DHCP port.`, { about: subnetId });
}
