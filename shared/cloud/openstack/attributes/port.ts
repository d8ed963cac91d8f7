import { type Resource, type ResourceOf, refOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import { derived, type Table } from './attribute.ts';
import { fixedIps, lowerCase, unordered } from './canonical.ts';
import { anyValue, books, described, name } from './standard.ts';

const hosts = 'depends on the hosts of the destination';

/** Network API v2.0, "Show port details": the ports of servers, and those without a device. */
// biome-ignore format: a table is read by column
export const port: Table = [
  name,
  ...described,
  { api: 'network_id',              field: 'network_id',              fate: 'carried', sent: 'always', refers: 'network' },
  { api: 'fixed_ips',               field: 'fixed_ips',               fate: 'carried', sent: 'always',
    refers: 'subnet', keys: ['subnet_id', 'ip_address'], write: chosenIps, canonical: fixedIps },
  { api: 'security_groups',         field: 'security_groups',         fate: 'carried', sent: 'always',
    refers: 'security_group', default: [], canonical: unordered },
  { api: 'mac_address',             field: 'mac_address',             fate: 'carried', sent: 'always', read: lowerCase, canonical: lowerCase },
  { api: 'admin_state_up',          field: 'admin_state_up',          fate: 'carried', sent: 'always', default: true },
  { api: 'port_security_enabled',   field: 'port_security_enabled',   fate: 'carried', sent: 'always', default: true,
    needs: 'port-security', vital: true },
  { api: 'allowed_address_pairs',   field: 'allowed_address_pairs',   fate: 'carried', sent: 'unless default', default: [],
    needs: 'allowed-address-pairs', vital: true, keys: ['ip_address', 'mac_address'], canonical: pairs },
  { api: 'extra_dhcp_opts',         field: 'extra_dhcp_opts',         fate: 'carried', sent: 'unless default', default: [],
    needs: 'extra_dhcp_opt', vital: true, keys: ['opt_name', 'opt_value', 'ip_version'], canonical: options },
  { api: 'binding:vnic_type',       field: 'binding_vnic_type',       fate: 'carried', sent: 'unless default', default: 'normal',
    needs: 'binding', vital: true },
  { api: 'dns_name',                field: 'dns_name',                fate: 'carried', sent: 'unless default', default: '',
    needs: 'dns-integration', accepts: anyValue },
  { api: 'dns_domain',              field: 'dns_domain',              fate: 'carried', sent: 'unless default', default: '',
    needs: 'dns-domain-ports', accepts: anyValue },
  // Its default changed from false to true, so the source's value is sent wherever possible.
  { api: 'propagate_uplink_status', field: 'propagate_uplink_status', fate: 'carried', sent: 'if known', default: null,
    needs: 'uplink-status-propagation', harmless: isNo, accepts: anyValue },
  { api: 'device_id',               field: 'device_id',               fate: 'mapped', default: '' },
  { api: 'device_owner',            field: 'device_owner',            fate: 'carried', sent: 'unless default', default: '',
    read: withoutNovas, canonical: withoutNovas, accepts: anyValue },
  { api: 'qos_policy_id', field: 'qos_policy_id', fate: 'carried', sent: 'unless default', default: null, refers: 'qos_policy',
    needs: 'qos', accepts: anyValue },
  { api: 'trunk_details',           fate: 'mapped', why: 'resources of their own: trunk' },
  { api: 'numa_affinity_policy',    fate: 'told', why: hosts },
  { api: 'hints',                   fate: 'told', why: hosts },
  { api: 'device_profile',          fate: 'told', why: hosts },
  { api: 'hardware_offload_type',   fate: 'told', why: hosts },
  { api: 'trusted',                 fate: 'told', why: 'only an admin may trust a port' },
  { api: 'mac_learning_enabled',    fate: 'told', why: 'it is of one driver (NSX)' },
  { api: 'binding:profile',         fate: 'told', why: 'only an admin may write it, for hardware of the source', harmless: isNovasProfile },
  ...derived('that of its network', 'qos_network_policy_id'),
  ...derived('how and where the port is bound',
    'status', 'binding:host_id', 'binding:vif_type', 'binding:vif_details', 'data_plane_status',
    'resource_request', 'ip_allocation'),
  ...derived('from its names', 'dns_assignment'),
  ...books,
];

type FixedIpAddress = { readonly subnet_id: string; readonly ip_address: string };

/**
 * On SLAAC subnets Neutron derives the address from the MAC and refuses a chosen one; the same MAC
 * gives the same address.
 */
function chosenIps(
  translated: readonly FixedIpAddress[],
  source: { readonly fixed_ips: readonly FixedIpAddress[] },
  context: BuildContext,
): unknown {
  return translated.map((fixed, index) =>
    isAutomatic(source.fixed_ips[index]?.subnet_id ?? '', context) ? { subnet_id: fixed.subnet_id } : fixed,
  );
}

/** Whether Neutron makes the addresses of a subnet itself, and refuses chosen ones. */
export function isAutomatic(subnetId: string, context: Pick<BuildContext, 'resource'>): boolean {
  const subnet: Resource = context.resource(refOf('subnet', subnetId));
  return subnet.kind === 'subnet' && followsMac(subnet);
}

/**
 * Whether the addresses of a subnet are made from MACs. Either mode alone is sufficient
 * (neutron/common/ipv6_utils.py, is_auto_address_subnet).
 */
export function followsMac(subnet: Pick<ResourceOf<'subnet'>, 'ipv6_address_mode' | 'ipv6_ra_mode'>): boolean {
  const modes = [subnet.ipv6_address_mode, subnet.ipv6_ra_mode];
  return modes.some((mode) => mode === 'slaac' || mode === 'dhcpv6-stateless');
}

/** Neutron adds the port's own MAC to a pair without one. */
function pairs(
  all: readonly { readonly ip_address: string; readonly mac_address?: string }[],
  whole: { readonly mac_address: string },
): string[] {
  return unordered(all.map((pair) => `${pair.ip_address} ${(pair.mac_address ?? whole.mac_address).toLowerCase()}`));
}

function options(
  all: readonly { readonly opt_name: string; readonly opt_value: string; readonly ip_version: number }[],
): string[] {
  return unordered(all.map((option) => `${option.opt_name}=${option.opt_value} of IPv${option.ip_version}`));
}

function isNo(value: boolean): boolean {
  return !value;
}

/** Keys that Nova writes into the profile of a port it binds (`nova/network/neutron.py`). */
const novasKeys = [
  'os_vif_delegation',
  'pci_slot',
  'pci_vendor_info',
  'physical_network',
  'card_serial_number',
  'pf_mac_address',
  'vf_num',
  'migrating_to',
];

function isNovasProfile(profile: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(profile).every((key) => novasKeys.includes(key));
}

/** The owner of a port; Nova, Ironic and trunks write theirs when they take the port. */
function withoutNovas(owner: string): string {
  return /^(compute|baremetal|trunk):/.test(owner) ? '' : owner;
}
