import { canonicalIp, parseIp } from '../../../ip.ts';
import type { Concern } from '../../../model/concern.ts';
import { mappedTo } from '../../../model/mappings.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiNetwork, ApiSubnet } from '../api.ts';
import { type Attribute, canonicalOf } from '../attributes/attribute.ts';
import { describe } from '../attributes/describe.ts';
import { compare } from '../attributes/differences.ts';
import { followsMac } from '../attributes/port.ts';
import { fieldOf } from '../attributes/request.ts';
import { tables } from '../attributes/tables.ts';
import { ownerServed } from '../builders/port.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import { type PreflightView, subnetThere } from './view.ts';

/** A subnet of the source, and the one that takes its place on an adopted network. */
interface AdoptedSubnet {
  readonly wanted: ResourceOf<'subnet'>;
  readonly is: ApiSubnet;
  readonly network: ApiNetwork;
}

/** A port that is created on an adopted network, at one address. */
interface WantedAddress extends AdoptedSubnet {
  readonly port: ResourceOf<'port'>;
  readonly ip: string;
}

/** What a subnet tells guests by DHCP. An adopted one is not changed. */
const told: readonly (keyof ResourceOf<'subnet'>)[] = ['gateway_ip', 'enable_dhcp', 'dns_nameservers', 'host_routes'];

function adoptedSubnet(view: PreflightView, wanted: ResourceOf<'subnet'>): AdoptedSubnet[] {
  const network = view.network(wanted.network_id);
  if (!network) return [];
  const is = subnetThere(view, network, wanted);
  return is === undefined ? [] : [{ wanted, is, network }];
}

function wantedAddresses(view: PreflightView): WantedAddress[] {
  const created = view.of('port').filter(({ id }) => mappedTo(view.mappings, 'ports', id) === null);
  return created.flatMap((port) =>
    port.fixed_ips.flatMap(({ subnet_id, ip_address }) => {
      const subnet = view.of('subnet').find(({ id }) => id === subnet_id);
      const there = subnet === undefined ? [] : adoptedSubnet(view, subnet);
      return there.map((one) => ({ ...one, port, ip: canonicalIp(ip_address) }));
    }),
  );
}

/** An adopted subnet may tell guests another gateway, other name servers or routes. */
export const differingSubnets: PreflightRule = (view) =>
  view.of('subnet').flatMap((subnet) =>
    adoptedSubnet(view, subnet).flatMap(({ wanted, is, network }): Concern[] => {
      const there = describe('subnet', is);
      const found = tables.subnet
        .filter(({ field }) => told.some((name) => name === field))
        .flatMap((row) => compare({ [row.field ?? '']: [fieldIn(row, wanted), fieldIn(row, there)] }));
      if (found.length === 0) return [];
      return [
        warning(
          'subnet.differs',
          refOf('subnet', wanted.id),
          `Subnet ${wanted.cidr} of network ${network.name} is adopted, and differs: ${found.join('; ')}.`,
          'Change it at the destination, if the guests need what they had.',
        ),
      ];
    }),
  );

function fieldIn(row: Attribute, subnet: ResourceOf<'subnet'>): unknown {
  return canonicalOf(row, fieldOf(row, subnet) ?? null, subnet);
}

/**
 * On a subnet that makes addresses from MACs, Neutron refuses a chosen one
 * (AllocationOnAutoAddressSubnet).
 */
export const automaticSubnets: PreflightRule = (view) =>
  view.of('subnet').flatMap((subnet) =>
    adoptedSubnet(view, subnet)
      .filter(({ wanted, is }) => followsMac(describe('subnet', is)) !== followsMac(wanted))
      .map(({ wanted, network }) =>
        blocking(
          'subnet.addressing',
          refOf('subnet', wanted.id),
          `Subnet ${wanted.cidr} of network ${network.name} gives addresses another way than the source's: only one of the two makes them from MACs (SLAAC).`,
          'Map the network to one whose subnet has the same IPv6 modes, or create it.',
        ),
      ),
  );

/** A subnet may serve only the ports of some owners (extension `subnet-service-types`). */
export const servedSubnets: PreflightRule = (view) =>
  wantedAddresses(view).flatMap(({ port, wanted, is, network, ip }) => {
    const types = describe('subnet', is).service_types;
    const owner = port.device_owner || (ownerServed([wanted.service_types]) ?? '');
    if (types.length === 0 || types.includes(owner)) return [];
    return [
      blocking(
        'subnet.service_types',
        refOf('port', port.id),
        `The port at ${ip} cannot lie in subnet ${wanted.cidr} of network ${network.name}, which serves only ${types.join(', ')}.`,
        'Map the network to another one, or let the subnet serve these ports.',
      ),
    ];
  });

/** A guest must not have the address that the others of its subnet take for their gateway. */
export const gatewaysOfOthers: PreflightRule = (view) =>
  wantedAddresses(view)
    .filter(({ wanted, is, ip }) => isGateway(is.gateway_ip, ip) && !isGateway(wanted.gateway_ip, ip))
    .map(({ port, ip, network }) =>
      blocking(
        'port.gateway_address',
        refOf('port', port.id),
        `${ip} is the gateway of the subnet on network ${network.name}; at the source it was not.`,
        'Change the gateway at the destination, or create the network instead of adopting one.',
      ),
    );

function isGateway(gateway: string | null, ip: string): boolean {
  return gateway !== null && canonicalIp(gateway) === ip;
}

/**
 * On an adopted network a server's address is free until the server moves, for its port is not made
 * earlier: whatever asks for any address may get it.
 */
export const unreservedAddresses: PreflightRule = (view) => {
  const open = wantedAddresses(view).filter(
    ({ port, is, ip }) => port.device_id !== '' && is.allocation_pools.some((pool) => isInPool(pool, ip)),
  );
  return [...Map.groupBy(open, ({ network }) => network)].map(([network, all]) =>
    warning(
      'port.address_open',
      refOf('network', all[0]?.wanted.network_id ?? ''),
      `Until its servers are moved, anything that asks network ${network.name} for an address may get one of theirs: ${all.map(({ ip }) => ip).join(', ')}.`,
      'Let nobody else use the network meanwhile; or make ports with these addresses there, and map to them in `mappings.ports`.',
    ),
  );
};

function isInPool({ start, end }: { readonly start: string; readonly end: string }, ip: string): boolean {
  const first = parseIp(start);
  const last = parseIp(end);
  const wanted = parseIp(ip);
  if (first === null || last === null || wanted === null || first.bits !== wanted.bits) return false;
  return first.value <= wanted.value && wanted.value <= last.value;
}
