import { canonicalIp } from '../../../ip.ts';
import { mappedTo } from '../../../model/mappings.ts';
import { type Resource, type ResourceOf, refOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import { reserve } from './floating-ip.ts';
import type { Site } from './site.ts';

/**
 * Builds of a port or floating IP what nobody notices while its server runs at the source, and says
 * whether that may be all of it. Both clouds may reach the same networks, and nothing tells.
 */
export async function prepare(site: Site, resource: Resource, context: BuildContext): Promise<boolean> {
  if (resource.kind === 'port') return isUnnoticed(resource, context);
  if (resource.kind !== 'floating_ip' || isPublished(resource, context)) return false;
  const { thing } = await reserve(site, resource, context);
  return !addressesAtSource(context).has(canonicalIp(thing.floating_ip_address));
}

/**
 * An unbound port answers nobody, but a network that is there already may reach the guest at the
 * source. dnsmasq answers the MAC of every port of its network, bound or not
 * (neutron/agent/linux/dhcp.py, _iter_hosts), and OVN sends what is for the MAC of a port to that
 * port, bound or not, and no longer to the outside (ovn-northd(8), "Destination Lookup"). Neither
 * can be where we made the network.
 */
function isUnnoticed({ id, network_id }: ResourceOf<'port'>, { mappings }: BuildContext): boolean {
  return mappedTo(mappings, 'ports', id) !== null || mappedTo(mappings, 'networks', network_id) === null;
}

/**
 * Whether Neutron publishes a DNS name of a floating IP when it is created, or when it gets its
 * port (neutron/db/dns_db.py): clients would follow the name to a server that is not there yet.
 */
function isPublished({ dns_name, dns_domain, port_id }: ResourceOf<'floating_ip'>, context: BuildContext): boolean {
  const port = port_id === null ? null : (context.resource(refOf('port', port_id)) as ResourceOf<'port'>);
  const network = port === null ? null : (context.resource(refOf('network', port.network_id)) as ResourceOf<'network'>);
  const names = [dns_name, port?.dns_name ?? ''];
  const domains = [dns_domain, port?.dns_domain ?? '', network?.dns_domain ?? ''];
  return names.some((name) => name !== '') && domains.some((domain) => domain !== '');
}

/**
 * The addresses that the tenant uses at the source. As soon as a floating IP has a port, bound or
 * not, its router takes the address and announces it (neutron/agent/l3/legacy_router.py,
 * add_floating_ip): on a network that both clouds reach it would take the traffic of the source.
 */
function addressesAtSource(context: BuildContext): ReadonlySet<string> {
  const addresses = context.resources().flatMap((one) => {
    if (one.kind === 'floating_ip') return [one.floating_ip_address];
    if (one.kind === 'gateway') return one.external_fixed_ips.map(({ ip_address }) => ip_address);
    if (one.kind !== 'port') return [];
    return [...one.fixed_ips, ...one.allowed_address_pairs].map(({ ip_address }) => ip_address);
  });
  return new Set(addresses.map(canonicalIp));
}
