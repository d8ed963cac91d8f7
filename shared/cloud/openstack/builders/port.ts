import { refOf } from '../../../model/resource.ts';
import type { ApiPort } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { claiming } from './claim.ts';
import { type Family, gone } from './family.ts';
import { collections, ensureStamped, removeStamped, stampedId } from './stamped.ts';

/** Ports of servers: the same MAC and the same addresses, on networks we created or adopted. */
export const port: Family<'port'> = {
  async ensure(site, resource, context) {
    const attributes = await requestFor(site, resource, context);
    const wanted = { ref: refOf('port', resource.id), attributes, description: resource.description, tags: resource.tags };
    const addresses = resource.fixed_ips.map((ip) => ip.ip_address);
    const { thing, how } = await claiming(site, resource.network_id, addresses, context, () =>
      ensureStamped<ApiPort>(site, collections.port, wanted, context),
    );
    return { id: thing.id, how, detail: { address: thing.fixed_ips.map(({ ip_address }) => ip_address).join(' ') } };
  },

  find: (site, resource, context) => stampedId(site, collections.port, refOf('port', resource.id), context),

  async differences(site, resource, id, context) {
    const is = await site.get<ApiPort>('network', `/ports/${id}`, 'port', context.signal);
    if (is === null) return gone('port', id);
    return differencesOf(site, resource, is, context);
  },

  remove: (site, id, campaign, patience, ref) => removeStamped(site, collections.port, id, campaign, patience, ref),
};
