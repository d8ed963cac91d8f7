import { canonicalCidr } from '../../../ip.ts';
import { refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { ApiSubnet } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { type Family, gone } from './family.ts';
import { mappedNetwork } from './network.ts';
import { collections, ensureStamped, removeStamped, stampedId } from './stamped.ts';

/**
 * Subnets: created in networks that we create; in an adopted one, the subnet of the same range is
 * adopted.
 */
export const subnet: Family<'subnet'> = {
  async ensure(site, resource, context) {
    if (mappedNetwork(context.mappings, resource.network_id) !== null) {
      const network_id = context.built(refOf('network', resource.network_id));
      const there = await site.network<ApiSubnet>('/subnets', 'subnets', { network_id }, context.signal);
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
    const attributes = await requestFor(site, resource, context);
    const wanted = { ref: refOf('subnet', resource.id), attributes, description: resource.description, tags: resource.tags };
    const { thing, how } = await ensureStamped<ApiSubnet>(site, collections.subnet, wanted, context);
    return { id: thing.id, how };
  },

  find: (site, resource, context) => stampedId(site, collections.subnet, refOf('subnet', resource.id), context),

  async differences(site, resource, id, context) {
    const is = await site.get<ApiSubnet>('network', `/subnets/${id}`, 'subnet', context.signal);
    if (is === null) return gone('subnet', id);
    return differencesOf(site, resource, is, context);
  },

  remove: (site, id, campaign, patience, ref) => removeStamped(site, collections.subnet, id, campaign, patience, ref),
};
