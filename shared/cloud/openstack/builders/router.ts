import { canonicalIp } from '../../../ip.ts';
import { accepts } from '../../../model/accepted.ts';
import { mappedTo } from '../../../model/mappings.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiGateway, ApiPort, ApiRouter } from '../api.ts';
import { compare, differencesOf, withMore } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { isRouterLeg } from '../router-leg.ts';
import { adoptedAsMapped } from './existing.ts';
import { builtOrNull, type Family, gone } from './family.ts';
import type { Site } from './site.ts';
import { collections, ensureStamped, refuseUnstamped, removeStamped, stampedId } from './stamped.ts';

/**
 * Routers, without their gateways, interfaces and routes: created, or adopted as the plan maps
 * them. An adopted router keeps its gateway and its routes.
 */
export const router: Family<'router'> = {
  async ensure(site, resource, context) {
    const adopted = await adoptedAsMapped(site, 'routers', resource, context);
    if (adopted !== null) return adopted;
    const attributes = await requestFor(site, resource, context);
    const wanted = { ref: refOf('router', resource.id), attributes, description: resource.description, tags: resource.tags };
    const { thing, how } = await ensureStamped<ApiRouter>(site, collections.router, wanted, context);
    return { id: thing.id, how };
  },

  find: (site, resource, context) => stampedId(site, collections.router, refOf('router', resource.id), context),

  async differences(site, resource, id, context) {
    const is = await read(site, id, context.signal);
    return is === null ? gone('router', id) : differencesOf(site, resource, is, context);
  },

  remove: (site, id, campaign, patience, ref) => removeStamped(site, collections.router, id, campaign, patience, ref),
};

/** Reads a router; null where it is gone. */
export function read(site: Site, id: string, signal: AbortSignal): Promise<ApiRouter | null> {
  return site.get<ApiRouter>('network', `/routers/${id}`, 'router', signal);
}

/** The router of a gateway or route; its stamp counts for them too. */
async function routerOf(site: Site, resource: { readonly router_id: string }, context: BuildContext): Promise<ApiRouter> {
  const id = context.built(refOf('router', resource.router_id));
  const found = await read(site, id, context.signal);
  if (found === null)
    throw new Problem('E_CONFLICT', `The router ${id} that was built is gone.`, { about: refOf('router', resource.router_id) });
  return found;
}

function isMapped({ router_id }: { readonly router_id: string }, { mappings }: BuildContext): boolean {
  return mappedTo(mappings, 'routers', router_id) !== null;
}

function change(site: Site, id: string, attributes: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<ApiRouter> {
  return site.send<ApiRouter>('PUT', 'network', `/routers/${id}`, { router: attributes }, 'router', signal);
}

/** Gateways: a router's external port. The cloud chooses its address unless the plan does. */
export const gateway: Family<'gateway'> = {
  async ensure(site, resource, context) {
    const before = await routerOf(site, resource, context);
    if (isMapped(resource, context))
      return { id: before.id, how: 'adopted', detail: { address: addressesOf(before).join(', ') } };
    const network_id = context.built(refOf('network', resource.network_id));
    const wanted = wantedAddresses(resource, context.mappings);
    const { qos_policy_id } = await requestFor(site, resource, context);
    const fits = ({ external_gateway_info: is }: ApiRouter): boolean =>
      is?.network_id === network_id &&
      wanted.every((address) => addressesOf({ external_gateway_info: is }).includes(address)) &&
      (qos_policy_id === undefined || is.qos_policy_id === qos_policy_id);
    const external_fixed_ips = wanted.map((ip_address) => ({ ip_address }));
    const policy = qos_policy_id === undefined ? {} : { qos_policy_id };
    const external_gateway_info = { network_id, ...policy, ...(wanted.length === 0 ? {} : { external_fixed_ips }) };
    const found = fits(before);
    let is = found ? before : await change(site, before.id, { external_gateway_info }, context.signal);
    const { enable_snat } = resource;
    // Only admins may set SNAT, so it is sent only where the cloud's default differs from the
    // source.
    if (
      !isSnatLeft(resource, context) &&
      enable_snat !== null &&
      is.external_gateway_info?.enable_snat !== undefined &&
      is.external_gateway_info.enable_snat !== enable_snat
    )
      is = await switchSnat(site, before.id, resource, { ...external_gateway_info, enable_snat }, context);
    return { id: before.id, how: found ? 'found' : 'created', detail: { address: addressesOf(is).join(', ') } };
  },

  async find(site, resource, context) {
    if (isMapped(resource, context)) return null;
    const id = builtOrNull(context, refOf('router', resource.router_id));
    const is = id === null ? null : await read(site, id, context.signal);
    return is?.external_gateway_info ? is.id : null;
  },

  async differences(site, resource, id, context) {
    const is = await read(site, id, context.signal);
    if (!is?.external_gateway_info) return gone('gateway of router', id);
    const wanted = wantedAddresses(resource, context.mappings);
    const addresses = wanted.length === 0 ? [] : compare({ addresses: [[...wanted].sort(), addressesOf(is).sort()] });
    const asked = isSnatLeft(resource, context) ? { ...resource, enable_snat: null } : resource;
    // One without a QoS policy shows none (neutron/db/l3_gateway_ip_qos.py).
    const shown = { qos_policy_id: null, ...is.external_gateway_info };
    const found = await differencesOf(site, asked, shown, context);
    return withMore(found, addresses, compare({ enable_snat: snatOf(resource, asked, is.external_gateway_info) }));
  },

  async remove(site, id, campaign, { signal }) {
    const is = await read(site, id, signal);
    if (!is?.external_gateway_info) return false;
    refuseUnstamped(is, 'router', campaign);
    await change(site, id, { external_gateway_info: {} }, signal);
    return true;
  },
};

/** The cloud’s policy cannot be asked before: a member learns here that only admins may. */
async function switchSnat(
  site: Site,
  id: string,
  resource: ResourceOf<'gateway'>,
  external_gateway_info: object,
  { signal }: BuildContext,
): Promise<ApiRouter> {
  try {
    return await change(site, id, { external_gateway_info }, signal);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'E_FORBIDDEN') throw error;
    const about = refOf('gateway', resource.id);
    const word = resource.enable_snat ? 'on' : 'off';
    throw new Problem('E_FORBIDDEN', `Only an admin of the destination may switch SNAT ${word} for router ${resource.name}.`, {
      about,
      hint: `Use an admin’s credentials. Or roll back, and leave it to the cloud: \`gateway.snat_rights ${about}\` in \`mappings.accept\`.`,
      cause: error,
    });
  }
}

/** Whether the plan leaves SNAT to the cloud, because only an admin may switch it. */
function isSnatLeft(resource: ResourceOf<'gateway'>, { mappings }: BuildContext): boolean {
  return accepts(mappings, 'gateway.snat_rights', refOf('gateway', resource.id));
}

function snatOf(wanted: ResourceOf<'gateway'>, asked: ResourceOf<'gateway'>, is: ApiGateway): [unknown, unknown] {
  return asked === wanted ? [null, null] : [wanted.enable_snat, is.enable_snat ?? wanted.enable_snat];
}

function addressesOf(is: Pick<ApiRouter, 'external_gateway_info'>): string[] {
  return (is.external_gateway_info?.external_fixed_ips ?? []).map((ip) => canonicalIp(ip.ip_address));
}

/**
 * The addresses the plan wants for a gateway: `same` means its source addresses, none means any
 * that the cloud gives.
 */
export function wantedAddresses(
  resource: Pick<ResourceOf<'gateway'>, 'router_id' | 'external_fixed_ips'>,
  mappings: BuildContext['mappings'],
): string[] {
  const ip = mappings.gateways[resource.router_id]?.ip ?? 'auto';
  if (ip === 'auto') return [];
  const addresses = ip === 'same' ? resource.external_fixed_ips.map(({ ip_address }) => ip_address) : [ip];
  return addresses.map(canonicalIp);
}

/** Static routes of a router we built. */
export const routes: Family<'routes'> = {
  async ensure(site, resource, context) {
    const before = await routerOf(site, resource, context);
    if (isMapped(resource, context)) return { id: before.id, how: 'adopted' };
    const same = (await differencesOf(site, resource, before, context)).fatal.length === 0;
    if (!same) await change(site, before.id, await requestFor(site, resource, context), context.signal);
    return { id: before.id, how: same ? 'found' : 'created' };
  },

  async find(site, resource, context) {
    if (isMapped(resource, context)) return null;
    const id = builtOrNull(context, refOf('router', resource.router_id));
    const is = id === null ? null : await read(site, id, context.signal);
    return (is?.routes ?? []).length > 0 ? (is?.id ?? null) : null;
  },

  async differences(site, resource, id, context) {
    const is = await read(site, id, context.signal);
    return is === null ? gone('router', id) : differencesOf(site, resource, is, context);
  },

  async remove(site, id, campaign, { signal }) {
    const is = await read(site, id, signal);
    if (is === null || (is.routes ?? []).length === 0) return false;
    refuseUnstamped(is, 'router', campaign);
    await change(site, id, { routes: [] }, signal);
    return true;
  },
};

/** The ports of a router's interfaces, without its HA and SNAT ports. */
export async function legsOf(site: Site, routerId: string, networkId: string, signal: AbortSignal): Promise<ApiPort[]> {
  const ports = await site.network<ApiPort>('/ports', 'ports', { device_id: routerId, network_id: networkId }, signal);
  return ports.filter(isRouterLeg);
}
