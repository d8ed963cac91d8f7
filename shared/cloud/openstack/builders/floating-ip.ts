import { canonicalIp } from '../../../ip.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext, Built } from '../../destination-cloud.ts';
import type { ApiFloatingIp } from '../api.ts';
import { compare, differencesOf, withMore } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { type Family, gone } from './family.ts';
import type { Site } from './site.ts';
import { collections, ensureStamped, findStamped, removeStamped, stampedId } from './stamped.ts';

/**
 * Floating IPs: the same address, one the plan names, or any of the pool. A free one of the project
 * is adopted.
 */
export const floatingIp: Family<'floating_ip'> = {
  async ensure(site, resource, context) {
    const joined = joinedTo(resource, context);
    const { thing, how } = await reserve(site, resource, context);
    if (how === 'adopted' && thing.port_id !== null && thing.port_id !== joined.port_id)
      throw taken(thing.floating_ip_address, thing.port_id, refOf('floating_ip', resource.id));
    // Associated last: for a port with several addresses Neutron treats any later change as a new
    // association and refuses it.
    await join(site, thing, joined, context.signal);
    return { id: thing.id, how, detail: { address: thing.floating_ip_address } };
  },

  find: (site, resource, context) => stampedId(site, collections.floating_ip, refOf('floating_ip', resource.id), context),

  async differences(site, resource, id, context) {
    const is = await site.get<ApiFloatingIp>('network', `/floatingips/${id}`, 'floatingip', context.signal);
    if (is === null) return gone('floating IP', id);
    const wanted = wantedFloating(resource, context);
    const joined = joinedTo(resource, context);
    const joining = compare({
      port_id: [joined.port_id ?? null, is.port_id],
      fixed_ip_address: [joined.fixed_ip_address ?? is.fixed_ip_address, is.fixed_ip_address],
      address: [wanted ?? canonicalIp(is.floating_ip_address), canonicalIp(is.floating_ip_address)],
    });
    return withMore(await differencesOf(site, resource, is, context), joining);
  },

  remove: (site, id, campaign, patience, ref) => removeStamped(site, collections.floating_ip, id, campaign, patience, ref),
};

/** Takes the address for the project, without a port: then no router answers for it. */
export async function reserve(
  site: Site,
  resource: ResourceOf<'floating_ip'>,
  context: BuildContext,
): Promise<{ readonly thing: ApiFloatingIp; readonly how: Built['how'] }> {
  const wanted = wantedFloating(resource, context);
  const own = wanted === null ? null : await ownAddress(site, wanted, context.signal);
  const ref = refOf('floating_ip', resource.id);
  if (own !== null && (await findStamped(site, collections.floating_ip, context.campaign, ref, context.signal)) === null)
    return { thing: own, how: 'adopted' };
  const carried = await requestFor(site, resource, context);
  const attributes = wanted === null ? carried : { ...carried, floating_ip_address: wanted };
  const target = { ref, attributes, description: resource.description, tags: resource.tags };
  return ensureStamped<ApiFloatingIp>(site, collections.floating_ip, target, context);
}

/** The address the plan wants; null if the cloud chooses. */
function wantedFloating(resource: ResourceOf<'floating_ip'>, { mappings }: Pick<BuildContext, 'mappings'>): string | null {
  const to = mappings.floating_ips[resource.id]?.to ?? 'auto';
  if (to === 'skip')
    throw new Problem('E_UNMAPPED', `The plan skips floating IP ${resource.floating_ip_address}; it must not be built.`, {
      about: refOf('floating_ip', resource.id),
    });
  if (to === 'auto') return null;
  return canonicalIp(to === 'same' ? resource.floating_ip_address : to);
}

interface Joined {
  readonly port_id?: string;
  readonly fixed_ip_address?: string;
}

function joinedTo({ port_id, fixed_ip_address }: ResourceOf<'floating_ip'>, context: BuildContext): Joined {
  if (port_id === null) return {};
  return { port_id: context.built(refOf('port', port_id)), ...(fixed_ip_address === null ? {} : { fixed_ip_address }) };
}

/** The floating IP that the project has at an address; null where it has none. */
async function ownAddress(site: Site, address: string, signal: AbortSignal): Promise<ApiFloatingIp | null> {
  const project_id = await site.projectId(signal);
  const query = { floating_ip_address: address, project_id };
  const found = await site.network<ApiFloatingIp>('/floatingips', 'floatingips', query, signal);
  return found.find((one) => canonicalIp(one.floating_ip_address) === address && one.project_id === project_id) ?? null;
}

async function join(site: Site, ip: ApiFloatingIp, joined: Joined, signal: AbortSignal): Promise<void> {
  if (joined.port_id === undefined || ip.port_id === joined.port_id) return;
  const path = `/floatingips/${ip.id}`;
  try {
    await site.send('PUT', 'network', path, { floatingip: joined }, 'floatingip', signal);
  } catch (error) {
    // The first of two requests may have succeeded without an answer.
    const conflicts = error instanceof Problem && error.code === 'E_CONFLICT';
    const is = conflicts ? await site.get<ApiFloatingIp>('network', path, 'floatingip', signal) : null;
    if (is?.port_id !== joined.port_id) throw error;
  }
}

function taken(address: string, port: string, about: string): Problem {
  return new Problem('E_CONFLICT', `The floating IP ${address} serves another port of the project (${port}).`, {
    about,
    hint: 'Disassociate it, or map to another address in the plan.',
  });
}
