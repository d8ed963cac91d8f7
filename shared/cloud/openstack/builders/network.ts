import { type Mappings, mappedTo } from '../../../model/mappings.ts';
import { refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { Built } from '../../destination-cloud.ts';
import type { ApiNetwork } from '../api.ts';
import { compare, differencesOf, withMore } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { adoptedAsMapped } from './existing.ts';
import { type Family, gone } from './family.ts';
import type { Site } from './site.ts';
import { collections, ensureStamped, removeStamped, stampedId } from './stamped.ts';

/** The existing network that a source network is mapped to; null where one is created. */
export function mappedNetwork(mappings: Mappings, networkId: string): string | null {
  return mappedTo(mappings, 'networks', networkId);
}

/** Networks: created like the source's, or adopted as the plan maps them. */
export const network: Family<'network'> = {
  async ensure(site, resource, context): Promise<Built> {
    const adopted = await adoptedAsMapped(site, 'networks', resource, context);
    if (adopted !== null) return adopted;
    if (resource.external)
      throw new Problem('E_UNMAPPED', `The external network ${resource.name} is not mapped; external networks are not created.`, {
        about: refOf('network', resource.id),
      });
    const attributes = await requestFor(site, resource, context);
    const wanted = { ref: refOf('network', resource.id), attributes, description: resource.description, tags: resource.tags };
    const onBorn = (made: ApiNetwork): Promise<void> =>
      givePolicy(site, made, attributes['qos_policy_id'] ?? null, context.signal);
    const create = (what: typeof wanted) => ensureStamped<ApiNetwork>(site, collections.network, what, context, onBorn);
    const { thing, how } = await create(wanted).catch((error: unknown) => {
      // The destination's tunnels may allow a smaller MTU than the source's. The network then gets
      // the cloud's own MTU.
      if (!(error instanceof Problem) || !/\bmtu\b/i.test(error.message) || !('mtu' in attributes)) throw error;
      const { mtu: _, ...others } = attributes;
      return create({ ...wanted, attributes: others });
    });
    return { id: thing.id, how };
  },

  find: (site, resource, context) => stampedId(site, collections.network, refOf('network', resource.id), context),

  async differences(site, resource, id, context) {
    const is = await site.get<ApiNetwork>('network', `/networks/${id}`, 'network', context.signal);
    if (is === null) return gone('network', id);
    const found = await differencesOf(site, resource, is, context);
    // Nobody chose the MTU of an adopted network for these guests.
    const isAdopted = mappedNetwork(context.mappings, resource.id) !== null && !resource.external;
    const isSmaller = isAdopted && (is.mtu ?? Number.POSITIVE_INFINITY) < (resource.mtu ?? 0);
    return isSmaller ? withMore(found, compare({ mtu: [resource.mtu, is.mtu] })) : found;
  },

  remove: (site, id, campaign, patience, ref) => removeStamped(site, collections.network, id, campaign, patience, ref),
};

/**
 * Gives a new network the QoS policy that it is to have: one without gets the project's default one
 * (neutron/core_extensions/qos.py, _create_network_policy).
 */
async function givePolicy(
  site: Site,
  { id, qos_policy_id: is }: ApiNetwork,
  wanted: unknown,
  signal: AbortSignal,
): Promise<void> {
  if (is === undefined || is === wanted) return;
  await site.send('PUT', 'network', `/networks/${id}`, { network: { qos_policy_id: wanted } }, 'network', signal);
}
