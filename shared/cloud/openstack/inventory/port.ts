import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiFloatingIp, ApiPort, ApiServer } from '../api.ts';
import { foreignTags } from '../stamp.ts';

/** Describes a port of a server, or one that nobody has. */
export function portOf(port: ApiPort): ResourceOf<'port'> {
  const groups = [...(port.security_groups ?? [])];
  const subnets = [...new Set(port.fixed_ips.map((ip) => ip.subnet_id))];
  return {
    kind: 'port',
    id: port.id,
    name: port.name,
    needs: [
      refOf('network', port.network_id),
      ...subnets.map((id) => refOf('subnet', id)),
      ...groups.map((id) => refOf('security_group', id)),
    ],
    description: port.description ?? '',
    tags: foreignTags(port.tags),
    network_id: port.network_id,
    mac_address: port.mac_address.toLowerCase(),
    fixed_ips: port.fixed_ips.map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
    admin_state_up: port.admin_state_up,
    security_groups: groups,
    port_security_enabled: port.port_security_enabled ?? true,
    allowed_address_pairs: (port.allowed_address_pairs ?? []).map((pair) => ({ ...pair })),
    extra_dhcp_opts: (port.extra_dhcp_opts ?? []).map(({ opt_name, opt_value, ip_version }) => ({
      opt_name,
      opt_value,
      ip_version,
    })),
    binding_vnic_type: port['binding:vnic_type'] ?? 'normal',
    dns_name: port.dns_name ?? '',
    device_id: port.device_id,
  };
}

/** Describes a floating IP. `reach`: the gateways and interfaces without which the cloud refuses to join it to its port. */
export function floatingIpOf(
  ip: ApiFloatingIp,
  reach: readonly `${'gateway' | 'interface'}/${string}`[],
): ResourceOf<'floating_ip'> {
  return {
    kind: 'floating_ip',
    id: ip.id,
    name: ip.floating_ip_address,
    needs: [
      refOf('network', ip.floating_network_id),
      ...(ip.port_id === null ? [] : [refOf('port', ip.port_id)]),
      ...(ip.port_id === null ? [] : reach),
    ],
    description: ip.description ?? '',
    tags: foreignTags(ip.tags),
    floating_network_id: ip.floating_network_id,
    floating_ip_address: ip.floating_ip_address,
    port_id: ip.port_id,
    fixed_ip_address: ip.fixed_ip_address,
  };
}

/**
 * Puts a server's ports in the order of its interfaces. Nova tells the order inside each network and the order of the networks
 * (`addresses` keeps it), but not how two networks interleave; where it could matter, the ports' age decides, if it agrees with Nova.
 * `certain` is false where the order is a guess.
 */
export function inInterfaceOrder(server: ApiServer, ports: readonly ApiPort[]): { ports: readonly ApiPort[]; certain: boolean } {
  const told = Object.values(server.addresses).map((entries) => [...new Set(entries.map(macOf))]);
  const macs = told.flat();
  const rank = (port: ApiPort): number => {
    const index = macs.indexOf(port.mac_address.toLowerCase());
    return index === -1 ? macs.length : index;
  };
  const byAge = [...ports].sort((a, b) => (a.created_at ?? '').localeCompare(b.created_at ?? ''));
  const byNova = [...byAge].sort((a, b) => rank(a) - rank(b));
  const interleave = told.length > 1 && told.some((network) => network.length > 1);
  if (!interleave) return { ports: byNova, certain: byNova.filter((port) => rank(port) === macs.length).length < 2 };
  return agrees(byAge, told) ? { ports: byAge, certain: distinctAges(byAge) } : { ports: byNova, certain: false };
}

function agrees(ports: readonly ApiPort[], told: readonly (readonly string[])[]): boolean {
  const order = ports.map((port) => port.mac_address.toLowerCase());
  const ascends = (macs: readonly string[]): boolean =>
    macs.every((mac, i) => i === 0 || order.indexOf(macs[i - 1] ?? '') < order.indexOf(mac));
  return told.every(ascends) && ascends(told.flatMap((network) => network.slice(0, 1)));
}

function distinctAges(ports: readonly ApiPort[]): boolean {
  return new Set(ports.map((port) => port.created_at)).size === ports.length;
}

const macOf = (entry: { readonly 'OS-EXT-IPS-MAC:mac_addr'?: string }): string =>
  (entry['OS-EXT-IPS-MAC:mac_addr'] ?? '').toLowerCase();
