import { canonicalIp, contains, overlap } from '../../../ip.ts';
import type { Concern } from '../../../model/concern.ts';
import { mappedTo } from '../../../model/mappings.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { routingAgents } from '../attributes/extensions.ts';
import { wantedAddresses } from '../builders/router.ts';
import { adoptedFloating } from './adopted-floating.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';
import { type PreflightView, subnetThere } from './view.ts';

/** External networks belong to others: the plan names a replacement for each. */
export const externalNetworks: PreflightRule = (view) =>
  view.of('network').flatMap((network) => {
    const about = refOf('network', network.id);
    const there = view.network(network.id);
    if (there === undefined) {
      const to = view.mappings.networks[network.id]?.to;
      return [
        blocking(
          'network.absent',
          about,
          `Network ${network.name} is mapped to ${to}, which does not exist.`,
          'Correct the mapping.',
        ),
      ];
    }
    if (there === null && network.external)
      return [
        blocking(
          'network.external_unmapped',
          about,
          `The external network ${network.name} is not mapped; external networks are not created.`,
          'Name the destination network that takes its place in `mappings.networks`.',
        ),
      ];
    if (there !== null && network.external && there['router:external'] !== true)
      return [
        blocking(
          'network.not_external',
          about,
          `Network ${network.name} is external, but ${there.name} is not: it can be no gateway and give no floating IPs.`,
          'Map it to an external network.',
        ),
      ];
    if (there === null && network.shared && !isSharedAgain(view, network.id))
      return [
        warning(
          'network.shared',
          about,
          `Network ${network.name} is shared with other projects; it would be created as the project's own.`,
          sharedRemedy(view, network.name),
        ),
      ];
    return [];
  });

/** The largest MTU of the destination's networks; null where there are none to tell it. */
export function largestMtu({ networks }: Pick<PreflightView, 'networks'>): number | null {
  const inside = networks.filter((one) => one['router:external'] !== true && typeof one.mtu === 'number');
  return inside.length === 0 ? null : Math.max(...inside.map(({ mtu }) => mtu ?? 0));
}

/**
 * What the tunnels of most clouds leave of the 1500 of their links: 50 are for VXLAN, 58 for Geneve
 * as OVN has it (neutron/plugins/ml2/drivers/type_tunnel.py, get_mtu; `max_header_size` 38).
 */
const usualMtu = { agents: 1450, ovn: 1442 };

/**
 * No API tells the largest MTU. Where every network of the destination has less than the source's,
 * its tunnels probably allow no more; where there is none, what is usual.
 */
export const smallerMtu: PreflightRule = (view) => {
  const most = largestMtu(view);
  const usual = view.lacks.has(routingAgents) ? usualMtu.ovn : usualMtu.agents;
  const known =
    most === null
      ? `the destination has no network that tells how large its own may be, usual is ${usual}`
      : `the destination's networks have at most ${most}`;
  return view
    .of('network')
    .filter((one) => view.network(one.id) === null && !one.external && (one.mtu ?? 0) > (most ?? usual))
    .map((one) =>
      warning(
        'network.mtu',
        refOf('network', one.id),
        `Network ${one.name} has an MTU of ${one.mtu}; ${known}, and it may be lowered to that.`,
        'Nothing, if the guests learn it by DHCP. The report says what it became.',
      ),
    );
};

/** An adopted network keeps its MTU. Where it is smaller, large packets of the guests are lost. */
export const adoptedMtu: PreflightRule = (view) =>
  view.of('network').flatMap((network) => {
    const there = view.network(network.id);
    if (network.external || typeof there?.mtu !== 'number' || there.mtu >= (network.mtu ?? 0)) return [];
    return [
      warning(
        'network.mtu',
        refOf('network', network.id),
        `Network ${network.name} has an MTU of ${network.mtu}; ${there.name}, which it is mapped to, has ${there.mtu}.`,
        'Raise it at the destination, or see that the guests learn it by DHCP.',
      ),
    ];
  });

/** An adopted network must have the subnets of its ports. */
export const adoptedSubnets: PreflightRule = (view) =>
  view.of('subnet').flatMap((subnet) => {
    const network = view.network(subnet.network_id);
    if (!network || subnetThere(view, network, subnet) !== undefined) return [];
    const there = view.subnets.filter((one) => one.network_id === network.id);
    const has = there.map((one) => one.cidr).join(', ') || 'none that we may see';
    const says = `Network ${network.name} has no subnet ${subnet.cidr}; it has ${has}.`;
    return [
      blocking(
        'subnet.absent',
        refOf('subnet', subnet.id),
        says,
        'Add the subnet there, map to another network, or create the network.',
      ),
    ];
  });

/** Neutron attaches no router to two subnets that overlap; the gateway's subnet counts as well. */
export const routerOverlaps: PreflightRule = (view) =>
  view.of('gateway').flatMap((gateway) => {
    const outside = view.network(gateway.network_id);
    const external = view.subnets.filter((one) => one.network_id === outside?.id);
    const legs = view.of('interface').filter((one) => one.router_id === gateway.router_id);
    const inside = legs.flatMap((leg) =>
      leg.fixed_ips.flatMap((ip) => view.of('subnet').find((one) => one.id === ip.subnet_id) ?? []),
    );
    return inside.flatMap((subnet) =>
      external
        .filter((one) => overlap(one.cidr, subnet.cidr))
        .map((one) =>
          blocking(
            'subnet.overlap',
            refOf('subnet', subnet.id),
            `Subnet ${subnet.cidr} shares addresses with ${one.cidr} of the external network; no router joins both.`,
            'Map the external network to another one.',
          ),
        ),
    );
  });

/** On an adopted network our addresses may already be in use. */
export const addressConflicts: PreflightRule = (view) =>
  view.of('port').flatMap((port) => {
    const network = view.network(port.network_id);
    if (network === null || network === undefined || mappedTo(view.mappings, 'ports', port.id) !== null) return [];
    const about = refOf('port', port.id);
    const there = view.ports.filter((one) => one.network_id === network.id);
    const remedy = 'Free it at the destination, or create the network instead of adopting one.';
    const addresses = port.fixed_ips.map((ip) => canonicalIp(ip.ip_address));
    const taken = there
      .flatMap((one) => one.fixed_ips.map((ip) => canonicalIp(ip.ip_address)))
      .filter((ip) => addresses.includes(ip));
    const sameMac = there.some((one) => one.mac_address.toLowerCase() === port.mac_address.toLowerCase());
    const foreign = network.project_id !== view.projectId && !view.admin;
    return [
      ...taken.map((ip) => blocking('port.address_taken', about, `${ip} is taken on network ${network.name}.`, remedy)),
      ...(sameMac ? [blocking('port.mac_taken', about, `${port.mac_address} is taken on network ${network.name}.`, remedy)] : []),
      ...(foreign
        ? [
            blocking(
              'port.rights',
              about,
              `Network ${network.name} belongs to another project; only its owner or an admin chooses addresses and MACs there.`,
              'Use admin credentials, or create the network.',
            ),
          ]
        : []),
    ];
  });

/** A gateway's addresses must be in the external network and free. Only admins may choose them. */
export const gatewayAddresses: PreflightRule = (view) =>
  view.of('gateway').flatMap((gateway) => {
    const snat =
      gateway.enable_snat === false && !view.admin
        ? [
            blocking(
              'gateway.snat_rights',
              refOf('gateway', gateway.id),
              `Router ${gateway.name} has SNAT off; only an admin may set that.`,
              'Use admin credentials.',
            ),
          ]
        : [];
    return [...snat, ...wantedAddresses(gateway, view.mappings).flatMap((address) => gatewayAddress(view, gateway, address))];
  });

function gatewayAddress(view: PreflightView, gateway: ResourceOf<'gateway'>, address: string): Concern[] {
  const about = refOf('gateway', gateway.id);
  const remedy = 'Set `ip: auto` in `mappings.gateways`, or choose another address.';
  switch (chosenAddress(view, gateway.network_id, address)) {
    case 'rights':
      return [
        blocking('gateway.rights', about, `Only an admin may choose the address ${address} of router ${gateway.name}.`, remedy),
      ];
    case 'outside':
      return [
        blocking(
          'gateway.address_outside',
          about,
          `${address} lies outside the external network of router ${gateway.name}.`,
          remedy,
        ),
      ];
    case 'taken':
      return [blocking('gateway.address_taken', about, `${address}, wanted for router ${gateway.name}, is taken.`, remedy)];
    case 'free':
      return [];
  }
}

/** A floating IP's address must be free too, or be the project's own and unused. */
export const floatingAddresses: PreflightRule = (view) =>
  view.of('floating_ip').flatMap((floating) => {
    const about = refOf('floating_ip', floating.id);
    const to = view.mappings.floating_ips[floating.id]?.to ?? 'auto';
    if (to === 'auto' || to === 'skip') return [];
    const address = canonicalIp(to === 'same' ? floating.floating_ip_address : to);
    const own = adoptedFloating(view, view.mappings, floating);
    const remedy = 'Set `to: auto` or `to: skip` in `mappings.floating_ips`, or choose another address.';
    if (own !== undefined) {
      const port = floating.port_id === null ? null : mappedTo(view.mappings, 'ports', floating.port_id);
      // Neutron gives one that forwards ports a router, and refuses it a port of its own.
      const isForwarding = own.port_id === null && own.router_id !== null && floating.port_id !== null;
      if (!isForwarding && (own.port_id === null || own.port_id === port)) return [];
      return [blocking('floating_ip.in_use', about, `The floating IP ${address} serves other ports of the project.`, remedy)];
    }
    const found = chosenAddress(view, floating.floating_network_id, address);
    if (found === 'rights')
      return [
        blocking(
          'floating_ip.rights',
          about,
          `Only an admin may choose the floating IP ${address}.`,
          `${remedy} Or have it allocated to the project.`,
        ),
      ];
    if (found === 'outside')
      return [blocking('floating_ip.outside', about, `${address} lies outside the external network.`, remedy)];
    return found === 'taken' ? [blocking('floating_ip.taken', about, `The floating IP ${address} is taken.`, remedy)] : [];
  });

function chosenAddress(view: PreflightView, networkId: string, address: string): 'free' | 'rights' | 'outside' | 'taken' {
  const network = view.network(networkId);
  const subnets = view.subnets.filter((one) => one.network_id === network?.id);
  if (subnets.length > 0 && !subnets.some((one) => contains(one.cidr, address))) return 'outside';
  if (!view.admin) return 'rights';
  const ip = canonicalIp(address);
  const used = [
    ...view.ports.filter((one) => one.network_id === network?.id).flatMap((port) => port.fixed_ips.map((one) => one.ip_address)),
    ...view.floatingIps.map((one) => one.floating_ip_address),
    ...subnets.flatMap((one) => one.gateway_ip ?? []),
  ];
  return used.some((one) => canonicalIp(one) === ip) ? 'taken' : 'free';
}

/** Whether an RBAC policy of the project shares a network with all, and has concerns of its own. */
function isSharedAgain(view: PreflightView, id: string): boolean {
  const isIts = (one: ResourceOf<'rbac_policy'>): boolean => one.object_type === 'network' && one.object_id === id;
  return view.of('rbac_policy').some((one) => isIts(one) && one.target_project === '*');
}

function sharedRemedy(view: PreflightView, name: string): string {
  const there = view.networks.find((one) => one.shared === true && one.name === name);
  return there === undefined
    ? 'Map it to a shared network of the destination, if there is one.'
    : `The destination has a shared network of this name: map it to ${there.id}, if that is the same.`;
}
