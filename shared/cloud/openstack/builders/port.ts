import { canonicalIp } from '../../../ip.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { BuildContext } from '../../cloud.ts';
import type { ApiPort } from '../api.ts';
import { claiming } from './claim.ts';
import { compare, type Family, gone, sorted } from './family.ts';
import type { Site } from './site.ts';
import { collections, ensureStamped, findStamped, removeStamped, standardFields } from './stamped.ts';

/** Ports of servers: the same MAC and the same addresses, on networks we created or adopted. */
export const port: Family<'port'> = {
  async ensure(site, resource, context) {
    const attributes = await attributesOf(site, resource, context);
    const wanted = { ref: refOf('port', resource.id), attributes, description: resource.description, tags: resource.tags };
    const addresses = resource.fixed_ips.map((ip) => ip.ip_address);
    const { thing, how } = await claiming(site, resource.network_id, addresses, context, () =>
      ensureStamped<ApiPort>(site, collections.port, wanted, context),
    );
    return { id: thing.id, how };
  },

  async find(site, resource, context) {
    return (await findStamped(site, collections.port, context.campaign, refOf('port', resource.id), context.signal))?.id ?? null;
  },

  async differences(site, resource, id, context) {
    const is = await site.get<ApiPort>('network', `/ports/${id}`, 'port', context.signal);
    if (is === null) return gone('port', id);
    const wantedIps = resource.fixed_ips.map(
      (ip) => `${context.built(refOf('subnet', ip.subnet_id))} ${canonicalIp(ip.ip_address)}`,
    );
    const groups = resource.security_groups.map((group) => context.built(refOf('security_group', group)));
    return compare({
      ...standardFields(resource, is),
      network_id: [context.built(refOf('network', resource.network_id)), is.network_id],
      mac_address: [resource.mac_address.toLowerCase(), is.mac_address.toLowerCase()],
      fixed_ips: [sorted(wantedIps), sorted(is.fixed_ips.map((ip) => `${ip.subnet_id} ${canonicalIp(ip.ip_address)}`))],
      admin_state_up: [resource.admin_state_up, is.admin_state_up],
      port_security_enabled: [resource.port_security_enabled, is.port_security_enabled ?? true],
      security_groups: [sorted(groups), sorted(is.security_groups ?? [])],
      allowed_address_pairs: [
        pairsOf(resource, resource.allowed_address_pairs),
        pairsOf(resource, is.allowed_address_pairs ?? []),
      ],
      extra_dhcp_opts: [optionsOf(resource.extra_dhcp_opts), optionsOf(is.extra_dhcp_opts ?? [])],
    });
  },

  remove: (site, id, campaign, patience) => removeStamped(site, collections.port, id, campaign, patience),
};

/** Options in one order, as text. */
function optionsOf(all: readonly ResourceOf<'port'>['extra_dhcp_opts'][number][]): string[] {
  return sorted(all.map(({ opt_name, opt_value, ip_version }) => `${opt_name}=${opt_value} of IPv${ip_version}`));
}

/** Neutron fills in the port's own MAC where a pair has none. */
function pairsOf(
  resource: ResourceOf<'port'>,
  pairs: readonly { readonly ip_address: string; readonly mac_address?: string | undefined }[],
): string[] {
  return sorted(pairs.map((pair) => `${pair.ip_address} ${(pair.mac_address ?? resource.mac_address).toLowerCase()}`));
}

async function attributesOf(site: Site, resource: ResourceOf<'port'>, context: BuildContext): Promise<Record<string, unknown>> {
  const { signal } = context;
  const { name, mac_address, admin_state_up, allowed_address_pairs, extra_dhcp_opts, binding_vnic_type, dns_name } = resource;
  return {
    name,
    network_id: context.built(refOf('network', resource.network_id)),
    mac_address,
    admin_state_up,
    fixed_ips: resource.fixed_ips.map((ip) => fixedIp(ip, context)),
    security_groups: resource.security_groups.map((group) => context.built(refOf('security_group', group))),
    ...((await site.has('port-security', signal)) ? { port_security_enabled: resource.port_security_enabled } : {}),
    ...(allowed_address_pairs.length === 0 ? {} : { allowed_address_pairs }),
    ...(extra_dhcp_opts.length > 0 && (await site.has('extra_dhcp_opt', signal)) ? { extra_dhcp_opts } : {}),
    ...(binding_vnic_type === 'normal' ? {} : { 'binding:vnic_type': binding_vnic_type }),
    ...(dns_name !== '' && (await site.has('dns-integration', signal)) ? { dns_name } : {}),
  };
}

/** On a subnet where addresses follow from the MAC (SLAAC), Neutron refuses to be told one; the same MAC gives the same address. */
function fixedIp(ip: { readonly subnet_id: string; readonly ip_address: string }, context: BuildContext): Record<string, string> {
  const ref = refOf('subnet', ip.subnet_id);
  const subnet = context.resource(ref);
  const follows = subnet.kind === 'subnet' && ['slaac', 'dhcpv6-stateless'].includes(subnet.ipv6_address_mode ?? '');
  return { subnet_id: context.built(ref), ...(follows ? {} : { ip_address: ip.ip_address }) };
}
