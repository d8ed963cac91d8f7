import { canonicalCidr, canonicalIp } from '../../../ip.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../cloud.ts';
import type { ApiSubnet } from '../api.ts';
import { compare, type Family, gone, sorted } from './family.ts';
import { mappedNetwork } from './network.ts';
import type { Site } from './site.ts';
import { collections, ensureStamped, findStamped, removeStamped, standardFields } from './stamped.ts';

/** Subnets: created in networks we create; in a network that is adopted, the one with the same range is adopted. */
export const subnet: Family<'subnet'> = {
  async ensure(site, resource, context) {
    const networkId = context.built(refOf('network', resource.network_id));
    if (mappedNetwork(context.mappings, resource.network_id) !== null) {
      const there = await site.network<ApiSubnet>('/subnets', 'subnets', { network_id: networkId }, context.signal);
      const same = there.find((one) => canonicalCidr(one.cidr) === canonicalCidr(resource.cidr));
      if (same !== undefined) return { id: same.id, how: 'adopted' };
      throw new Problem(
        'E_UNMAPPED',
        `The network that ${resource.name || resource.cidr} is mapped to has no subnet ${resource.cidr}.`,
        {
          about: refOf('subnet', resource.id),
        },
      );
    }
    const attributes = await attributesOf(site, resource, networkId, context);
    const wanted = { ref: refOf('subnet', resource.id), attributes, description: resource.description, tags: resource.tags };
    const { thing, how } = await ensureStamped<ApiSubnet>(site, collections.subnet, wanted, context);
    return { id: thing.id, how };
  },

  async find(site, resource, context) {
    return (
      (await findStamped(site, collections.subnet, context.campaign, refOf('subnet', resource.id), context.signal))?.id ?? null
    );
  },

  async differences(site, resource, id, context) {
    const is = await site.get<ApiSubnet>('network', `/subnets/${id}`, 'subnet', context.signal);
    if (is === null) return gone('subnet', id);
    const pools = (of: readonly { readonly start: string; readonly end: string }[]) =>
      sorted(of.map((pool) => `${canonicalIp(pool.start)}-${canonicalIp(pool.end)}`));
    const routes = (of: readonly { readonly destination: string; readonly nexthop: string }[]) =>
      sorted(of.map((route) => `${canonicalCidr(route.destination)} via ${canonicalIp(route.nexthop)}`));
    return compare({
      ...standardFields(resource, is),
      network_id: [context.built(refOf('network', resource.network_id)), is.network_id],
      cidr: [canonicalCidr(resource.cidr), canonicalCidr(is.cidr)],
      gateway_ip: [resource.gateway_ip && canonicalIp(resource.gateway_ip), is.gateway_ip && canonicalIp(is.gateway_ip)],
      enable_dhcp: [resource.enable_dhcp, is.enable_dhcp],
      allocation_pools: [pools(resource.allocation_pools), pools(is.allocation_pools)],
      dns_nameservers: [resource.dns_nameservers, is.dns_nameservers],
      host_routes: [routes(resource.host_routes), routes(is.host_routes)],
      ipv6_address_mode: [resource.ipv6_address_mode, is.ipv6_address_mode],
      ipv6_ra_mode: [resource.ipv6_ra_mode, is.ipv6_ra_mode],
    });
  },

  remove: (site, id, campaign, patience) => removeStamped(site, collections.subnet, id, campaign, patience),
};

async function attributesOf(
  site: Site,
  resource: ResourceOf<'subnet'>,
  networkId: string,
  { signal }: BuildContext,
): Promise<Record<string, unknown>> {
  const { name, ip_version, cidr, gateway_ip, enable_dhcp, allocation_pools, dns_nameservers, host_routes } = resource;
  const { ipv6_address_mode, ipv6_ra_mode, service_types } = resource;
  return {
    network_id: networkId,
    name,
    ip_version,
    cidr,
    gateway_ip,
    enable_dhcp,
    dns_nameservers,
    host_routes,
    // An empty list would mean "no addresses at all"; a document that has none leaves the choice to the cloud.
    ...(allocation_pools.length === 0 ? {} : { allocation_pools }),
    ...(ipv6_address_mode === null ? {} : { ipv6_address_mode }),
    ...(ipv6_ra_mode === null ? {} : { ipv6_ra_mode }),
    ...(service_types.length > 0 && (await site.has('subnet-service-types', signal)) ? { service_types } : {}),
  };
}
