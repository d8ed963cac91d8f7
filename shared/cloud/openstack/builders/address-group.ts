import { refOf } from '../../../model/resource.ts';
import type { ApiAddressGroup } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { adoptedAsMapped } from './existing.ts';
import { type Family, gone } from './family.ts';
import { ensureMarked, findMarked, markedCollections, removeMarked } from './marked.ts';

const collection = markedCollections.address_group;

/** Address groups: created with all their addresses, or adopted as the plan maps them. */
export const addressGroup: Family<'address_group'> = {
  async ensure(site, resource, context) {
    const ref = refOf('address_group', resource.id);
    const adopted = await adoptedAsMapped(site, 'address_groups', resource, context);
    if (adopted !== null) return adopted;
    const attributes = await requestFor(site, resource, context);
    const wanted = { ref, attributes, text: resource.description };
    const { thing, how } = await ensureMarked<ApiAddressGroup>(site, collection, wanted, context);
    return { id: thing.id, how };
  },

  async find(site, resource, context) {
    return (await findMarked(site, collection, refOf('address_group', resource.id), context)).at(0)?.id ?? null;
  },

  async differences(site, resource, id, context) {
    const is = await site.get<ApiAddressGroup>('network', `/address-groups/${id}`, 'address_group', context.signal);
    return is === null ? gone('address group', id) : differencesOf(site, resource, is, context);
  },

  remove: (site, id, campaign, patience, ref) => removeMarked(site, collection, id, campaign, patience, ref),
};
