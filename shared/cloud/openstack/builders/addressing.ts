import { refOf } from '../../../model/resource.ts';
import type { ApiAddressScope, ApiSubnetPool } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { adoptedAsMapped } from './existing.ts';
import { type Family, gone } from './family.ts';
import { ensureMarked, findMarked, markedCollections, removeMarked } from './marked.ts';
import { collections, ensureStamped, removeStamped, stampedId } from './stamped.ts';

/** Address scopes: created, or adopted as the plan maps them. */
export const addressScope: Family<'address_scope'> = {
  async ensure(site, resource, context) {
    const ref = refOf('address_scope', resource.id);
    const adopted = await adoptedAsMapped(site, 'address_scopes', resource, context);
    if (adopted !== null) return adopted;
    const wanted = { ref, attributes: await requestFor(site, resource, context), text: resource.name };
    const { thing, how } = await ensureMarked<ApiAddressScope>(site, markedCollections.address_scope, wanted, context);
    return { id: thing.id, how };
  },

  async find(site, resource, context) {
    const ref = refOf('address_scope', resource.id);
    return (await findMarked(site, markedCollections.address_scope, ref, context)).at(0)?.id ?? null;
  },

  async differences(site, resource, id, context) {
    const is = await site.get<ApiAddressScope>('network', `/address-scopes/${id}`, 'address_scope', context.signal);
    return is === null ? gone('address scope', id) : differencesOf(site, resource, is, context);
  },

  remove: (site, id, campaign, patience, ref) => removeMarked(site, markedCollections.address_scope, id, campaign, patience, ref),
};

/** Subnet pools: created with all their ranges, or adopted as the plan maps them. */
export const subnetPool: Family<'subnet_pool'> = {
  async ensure(site, resource, context) {
    const ref = refOf('subnet_pool', resource.id);
    const adopted = await adoptedAsMapped(site, 'subnet_pools', resource, context);
    if (adopted !== null) return adopted;
    const attributes = await requestFor(site, resource, context);
    const wanted = { ref, attributes, description: resource.description, tags: resource.tags };
    const { thing, how } = await ensureStamped<ApiSubnetPool>(site, collections.subnet_pool, wanted, context);
    return { id: thing.id, how };
  },

  find: (site, resource, context) => stampedId(site, collections.subnet_pool, refOf('subnet_pool', resource.id), context),

  async differences(site, resource, id, context) {
    const is = await site.get<ApiSubnetPool>('network', `/subnetpools/${id}`, 'subnetpool', context.signal);
    return is === null ? gone('subnet pool', id) : differencesOf(site, resource, is, context);
  },

  remove: (site, id, campaign, patience, ref) => removeStamped(site, collections.subnet_pool, id, campaign, patience, ref),
};
