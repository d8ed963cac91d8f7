import { sharedBy, sharedWith } from '../../../model/rbac.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiRbacPolicy } from '../api.ts';
import { compare, differencesOf, withMore } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { createOrFind } from '../session/late.ts';
import { builtOrNull, type Family, gone } from './family.ts';
import type { Site } from './site.ts';
import { removeNeutron } from './stamped.ts';

/**
 * RBAC policies, found by what they share how with whom, which Neutron lets exist once. One is ours
 * only if it appeared after the ledger's note of its creation.
 */
export const rbacPolicy: Family<'rbac_policy'> = {
  async ensure(site, resource, context) {
    const found = await findIt(site, resource, context);
    if (found !== null) return { id: found.id, how: context.claimed === true ? 'found' : 'adopted' };
    if (sharedWith(resource, context.mappings) === null) throw unmapped(resource);
    const rbac_policy = await requestFor(site, resource, context);
    const made = await createOrFind(
      () => site.send<ApiRbacPolicy>('POST', 'network', '/rbac-policies', { rbac_policy }, 'rbac_policy', context.signal),
      () => findIt(site, resource, context),
      context.signal,
    );
    return { id: made.id, how: 'created' };
  },

  async find(site, resource, context) {
    return context.claimed === true ? ((await findIt(site, resource, context))?.id ?? null) : null;
  },

  async occupied(site, resource, context) {
    return (await findIt(site, resource, context)) !== null;
  },

  async differences(site, resource, id, context) {
    const is = await site.get<ApiRbacPolicy>('network', `/rbac-policies/${id}`, 'rbac_policy', context.signal);
    if (is === null) return gone('RBAC policy', id);
    const target = sharedWith(resource, context.mappings) ?? is.target_tenant;
    const moved = compare({ target_project: [target, is.target_tenant] });
    return withMore(await differencesOf(site, resource, is, context), moved);
  },

  async remove(site, id, _campaign, patience) {
    const path = `/rbac-policies/${id}`;
    if ((await site.get('network', path, 'rbac_policy', patience.signal)) === null) return false;
    await removeNeutron(site, path, patience);
    return true;
  },
};

async function findIt(site: Site, resource: ResourceOf<'rbac_policy'>, context: BuildContext): Promise<ApiRbacPolicy | null> {
  const { mappings, signal } = context;
  const shared = sharedBy(resource);
  const object_id = shared === null ? null : builtOrNull(context, shared);
  if (object_id === null) return null;
  const target = sharedWith(resource, mappings);
  const all = await site.network<ApiRbacPolicy>('/rbac-policies', 'rbac_policies', { object_id }, signal);
  const same = all.filter((one) => one.object_id === object_id && one.action === resource.action);
  return same.find(({ target_tenant }) => target_tenant === target) ?? null;
}

function unmapped({ id, target_project }: ResourceOf<'rbac_policy'>): Problem {
  return new Problem('E_UNMAPPED', `The plan maps no project to ${target_project}; what is shared with it must not be built.`, {
    about: refOf('rbac_policy', id),
  });
}
