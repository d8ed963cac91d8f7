import { canonicalIp } from '../../../ip.ts';
import { type Ref, refOf } from '../../../model/resource.ts';
import { created } from './decisions.ts';
import { blocking, type PreflightRule, warning } from './rules.ts';

/** What the plan maps to must exist; networks have a rule of their own. */
export const absentTargets: PreflightRule = (view) => {
  const absent: { readonly about: Ref; readonly name: string }[] = [
    ...view.of('router').filter(({ id }) => view.router(id) === undefined),
    ...view.of('qos_policy').filter(({ id }) => view.target('qos_policies', id) === undefined),
    ...view.of('address_scope').filter(({ id }) => view.target('address_scopes', id) === undefined),
    ...view.of('port').filter(({ id }) => view.port(id) === undefined),
    ...view.of('trunk').filter(({ id }) => view.target('trunks', id) === undefined),
    ...view.of('subnet_pool').filter(({ id }) => view.target('subnet_pools', id) === undefined),
    ...view.of('address_group').filter(({ id }) => view.target('address_groups', id) === undefined),
    ...view.of('security_group').filter(({ id }) => view.group(id) === undefined),
  ].map(({ kind, id, name }) => ({ about: refOf(kind, id), name: name || id }));
  return absent.map(({ about, name }) =>
    blocking('mapping.absent', about, `${name} is mapped to what does not exist at the destination.`, 'Correct the mapping.'),
  );
};

/** A router that is adopted must lead where the source's does: its gateway is not changed. */
export const adoptedGateways: PreflightRule = (view) =>
  view.of('gateway').flatMap(({ id, name, router_id, network_id }) => {
    const router = view.router(router_id);
    if (!router || router.external_gateway_info?.network_id === view.network(network_id)?.id) return [];
    return [
      blocking(
        'gateway.elsewhere',
        refOf('gateway', id),
        `Router ${name} is mapped to ${router.name}, which has no gateway to the network that takes the place of the source's.`,
        'Set its gateway at the destination, or let the router be created.',
      ),
    ];
  });

/** Static routes of a router that is adopted are not changed. */
export const adoptedRoutes: PreflightRule = (view) =>
  view.of('routes').flatMap((routes) => {
    const router = view.router(routes.router_id);
    if (!router) return [];
    const there = (router.routes ?? []).map((one) => `${one['destination']} ${one['nexthop']}`);
    const wanted = routes.routes.map(({ destination, nexthop }) => `${destination} ${nexthop}`);
    const lacking = wanted.filter((one) => !there.includes(one));
    if (lacking.length === 0) return [];
    return [
      warning(
        'routes.lacking',
        refOf('routes', routes.id),
        `Router ${router.name} is adopted and lacks static routes of the source's: ${lacking.join(', ')}.`,
        'Add them at the destination.',
      ),
    ];
  });

/**
 * A new interface of a router needs its address; on an adopted network another router may have it.
 */
export const interfaceConflicts: PreflightRule = (view) =>
  created(view, view.of('interface')).flatMap((leg) => {
    const network = view.network(leg.network_id);
    if (!network) return [];
    const wanted = leg.fixed_ips.map(({ ip_address }) => canonicalIp(ip_address));
    const taken = view.ports
      .filter((port) => port.network_id === network.id)
      .flatMap((port) => port.fixed_ips.map(({ ip_address }) => canonicalIp(ip_address)))
      .filter((ip) => wanted.includes(ip));
    return taken.map((ip) =>
      blocking(
        'interface.address_taken',
        refOf('interface', leg.id),
        `${ip}, the address of a router in ${network.name}, is taken there.`,
        'If a router of the destination has it, map to that one in `mappings.routers`.',
      ),
    );
  });

/** Rules that are added to an adopted group apply to every port that is in it already. */
export const widenedGroups: PreflightRule = (view) =>
  view.of('security_group').flatMap((group) => {
    const there = view.group(group.id);
    if (!there) return [];
    const own = view.of('security_group_rule').filter((rule) => rule.security_group_id === group.id);
    const added = created(view, own).length;
    if (added === 0) return [];
    return [
      warning(
        'security_group.widened',
        refOf('security_group', group.id),
        `The group ${there.name} is adopted and gets rules that it lacks (${added}); they apply to every server in it.`,
        'Remove the rules at the source, or map the group to `create`, if those servers must not be reached so.',
      ),
    ];
  });
