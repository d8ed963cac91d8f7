import { refOf } from '../../../model/resource.ts';
import type { ApiTrunk } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { adoptedAsMapped } from './existing.ts';
import { type Family, gone } from './family.ts';
import { collections, ensureStamped, refuseUnstamped, removeStamped, stampedId } from './stamped.ts';

/**
 * Trunks, with all their subports: created before the server that has the parent port, because some
 * drivers take no port that a server has (neutron/services/trunk/rules.py).
 */
export const trunk: Family<'trunk'> = {
  async ensure(site, resource, context) {
    const ref = refOf('trunk', resource.id);
    const adopted = await adoptedAsMapped(site, 'trunks', resource, context);
    if (adopted !== null) return adopted;
    const attributes = await requestFor(site, resource, context);
    const wanted = { ref, attributes, description: resource.description, tags: resource.tags };
    const { thing, how } = await ensureStamped<ApiTrunk>(site, collections.trunk, wanted, context);
    return { id: thing.id, how };
  },

  find: (site, resource, context) => stampedId(site, collections.trunk, refOf('trunk', resource.id), context),

  async differences(site, resource, id, context) {
    const is = await site.get<ApiTrunk>('network', `/trunks/${id}`, 'trunk', context.signal);
    return is === null ? gone('trunk', id) : differencesOf(site, resource, is, context);
  },

  async remove(site, id, campaign, patience, ref) {
    const is = await site.get<ApiTrunk>('network', `/trunks/${id}`, 'trunk', patience.signal);
    if (is?.admin_state_up === false) {
      // Neutron removes no trunk that is down (trunk_can_be_managed).
      refuseUnstamped(is, 'trunk', campaign);
      await site.send('PUT', 'network', `/trunks/${id}`, { trunk: { admin_state_up: true } }, 'trunk', patience.signal);
    }
    return removeStamped(site, collections.trunk, id, campaign, patience, ref);
  },
};
