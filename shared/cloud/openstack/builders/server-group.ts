import { mappedTo } from '../../../model/mappings.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { BuildContext } from '../../destination-cloud.ts';
import type { ApiServer, ApiServerGroup } from '../api.ts';
import { differencesOf } from '../attributes/differences.ts';
import { requestFor } from '../attributes/request.ts';
import { listServerGroups, withPolicy } from '../servers/server-groups.ts';
import { createOrFind } from '../session/late.ts';
import { builtOrNull, type Family, gone } from './family.ts';
import type { Site } from './site.ts';

/**
 * Server groups. They carry no stamp, and their names are not unique: one that is equal and stands
 * for no other group of the document is adopted; one that was missing when the ledger noted its
 * creation, and is the only one now, is ours. Nova never changes a group: its servers join it.
 */
export const serverGroup: Family<'server_group'> = {
  async ensure(site, resource, context) {
    const to = mappedTo(context.mappings, 'server_groups', resource.id);
    if (to !== null) return { id: (await mapped(site, resource, to, context)).id, how: 'adopted' };
    const there = await onlyEqual(site, resource, context);
    if (there !== null) return { id: there.id, how: (await isClaimed(site, there, context)) ? 'found' : 'adopted' };
    const id = await createOrFind(
      () => create(site, resource, context),
      async () => (await onlyEqual(site, resource, context))?.id ?? null,
      context.signal,
    );
    return { id, how: 'created' };
  },

  async find(site, resource, context) {
    // A mapped group is somebody's, also where it was missing when it was asked for.
    if (!context.claimed || mappedTo(context.mappings, 'server_groups', resource.id) !== null) return null;
    const there = await onlyEqual(site, resource, context);
    return there !== null && (await isClaimed(site, there, context)) ? there.id : null;
  },

  occupied: async (site, resource, context) => (await equalOnes(site, resource, context)).length > 0,

  async differences(site, resource, id, context) {
    const is = await readGroup(site, id, context.signal);
    return is === null ? gone('server group', id) : differencesOf(site, resource, is, context);
  },

  async remove(site, id, campaign, { signal }) {
    const is = await readGroup(site, id, signal);
    if (is === null) return false;
    if (is.members.length > 0)
      throw new Problem('E_CONFLICT', `The server group ${is.name} (${id}) has servers: ${is.members.join(', ')}.`, {
        about: id,
        hint: `Campaign ${campaign} made the group, and others use it. Where a later campaign moved these servers there, commit this campaign instead of rolling it back; otherwise their owner may take them out of the way.`,
      });
    const path = `/os-server-groups/${id}`;
    const { status } = await site.session.call({ method: 'DELETE', service: 'compute', path, mayBeGone: true, signal });
    return status !== 404;
  },
};

/** The groups that may stand for one of the source: equal ones that stand for no other. */
export function equalGroups(
  all: readonly ApiServerGroup[],
  { name, policy, rules }: ResourceOf<'server_group'>,
  taken: ReadonlySet<string>,
): readonly ApiServerGroup[] {
  const wanted = rulesText(rules);
  // Before 2.64 Nova has no rules.
  const hasRules = (one: ApiServerGroup): boolean => one.rules === undefined || rulesText(one.rules) === wanted;
  return all.filter((one) => one.name === name && one.policy === policy && hasRules(one) && !taken.has(one.id));
}

/** The group that the plan maps to, by its id or its only name. */
export function groupNamed(all: readonly ApiServerGroup[], to: string): ApiServerGroup | undefined {
  const byId = all.find(({ id }) => id === to);
  const [named, ...others] = all.filter(({ name }) => name === to);
  return byId ?? (others.length === 0 ? named : undefined);
}

function rulesText(rules: Readonly<Record<string, number>>): string {
  return JSON.stringify(Object.entries(rules).sort(([a], [b]) => a.localeCompare(b)));
}

/** The project's own groups. Throws E_FORBIDDEN where a policy keeps them. */
async function listed(site: Site, signal: AbortSignal): Promise<readonly ApiServerGroup[]> {
  const [all, project] = await Promise.all([listServerGroups(site.session, {}, signal), site.projectId(signal)]);
  if (all === null) throw new Problem('E_FORBIDDEN', 'The destination does not let these credentials list server groups.');
  return all.filter(({ project_id }) => project_id === undefined || project_id === project);
}

async function equalOnes(
  site: Site,
  resource: ResourceOf<'server_group'>,
  context: BuildContext,
): Promise<readonly ApiServerGroup[]> {
  const all = await listed(site, context.signal);
  const others = context.resources().flatMap((one) => (one.kind === 'server_group' && one.id !== resource.id ? [one.id] : []));
  const taken = others.flatMap((id) => {
    const to = mappedTo(context.mappings, 'server_groups', id);
    const there = to === null ? builtOrNull(context, refOf('server_group', id)) : groupNamed(all, to)?.id;
    return there ?? [];
  });
  return equalGroups(all, resource, new Set(taken));
}

/** The only equal one. Throws E_UNMAPPED where there are several. */
async function onlyEqual(
  site: Site,
  resource: ResourceOf<'server_group'>,
  context: BuildContext,
): Promise<ApiServerGroup | null> {
  const [there, ...others] = await equalOnes(site, resource, context);
  if (others.length > 0) throw severalEqual(resource);
  return there ?? null;
}

/** Whether a group may be the one whose creation was noted: another user's is not. */
async function isClaimed(site: Site, { user_id }: ApiServerGroup, { claimed, signal }: BuildContext): Promise<boolean> {
  if (claimed !== true) return false;
  return user_id === undefined || user_id === (await site.session.token(signal)).userId;
}

async function mapped(
  site: Site,
  { id, name }: ResourceOf<'server_group'>,
  to: string,
  { signal }: BuildContext,
): Promise<ApiServerGroup> {
  const there = groupNamed(await listed(site, signal), to);
  if (there !== undefined) return there;
  throw new Problem('E_UNMAPPED', `The server group ${name} is mapped to ${to}, which does not exist or is not the only one.`, {
    about: refOf('server_group', id),
  });
}

function severalEqual({ id, name }: ResourceOf<'server_group'>): Problem {
  return new Problem('E_UNMAPPED', `Several server groups of the destination are named ${name} and are equal.`, {
    about: refOf('server_group', id),
    hint: 'Name the id of one in `mappings.server_groups`.',
  });
}

/**
 * The server group that a new server lacks, in words: only from 2.71 on does Nova tell the group of
 * a server, before that the servers of a group.
 */
export async function lackedGroup(
  site: Site,
  { server_group_id: wanted }: ResourceOf<'server'>,
  is: ApiServer,
  context: BuildContext,
): Promise<readonly string[]> {
  if (wanted === null || is['server_groups'] !== undefined) return [];
  const group = await readGroup(site, context.built(refOf('server_group', wanted)), context.signal);
  return group?.members.includes(is.id) === true ? [] : [`server_group_id is not ${group?.id ?? wanted}`];
}

async function readGroup(site: Site, id: string, signal: AbortSignal): Promise<ApiServerGroup | null> {
  const shown = await site.get<ApiServerGroup>('compute', `/os-server-groups/${encodeURIComponent(id)}`, 'server_group', signal);
  return shown === null ? null : withPolicy(shown);
}

/** Compute API, "Create Server Group": a policy from 2.64 on, a list of one before. */
async function create(site: Site, resource: ResourceOf<'server_group'>, context: BuildContext): Promise<string> {
  const { policy, ...others } = await requestFor(site, resource, context);
  const isNamed = await site.offers('2.64', context.signal);
  const body = { ...others, ...(isNamed ? { policy } : { policies: [policy] }) };
  const path = '/os-server-groups';
  return (await site.send<{ id: string }>('POST', 'compute', path, { server_group: body }, 'server_group', context.signal)).id;
}
