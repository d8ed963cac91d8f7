import { mappedTo } from '../../../model/mappings.ts';
import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiServerGroup } from '../api.ts';
import { equalGroups, groupNamed } from '../builders/server-group.ts';
import { blocking, isServerName, type PreflightRule, warning } from './rules.ts';
import type { PreflightView } from './view.ts';

/**
 * What takes the place of a server group, as its builder finds it: null where it is created,
 * undefined where that is not clear.
 */
export function serverGroupFor(view: PreflightView, wanted: string): ApiServerGroup | null | undefined {
  const all = view.serverGroups ?? [];
  const toOf = (id: string): string | null => mappedTo(view.mappings, 'server_groups', id);
  const own = toOf(wanted);
  if (own !== null) return groupNamed(all, own);
  const groups = view.of('server_group');
  const taken = new Set(groups.flatMap(({ id }) => groupNamed(all, toOf(id) ?? '')?.id ?? []));
  for (const group of groups.filter(({ id }) => toOf(id) === null)) {
    const [first, ...others] = equalGroups(all, group, taken);
    if (group.id === wanted) return others.length > 0 ? undefined : (first ?? null);
    if (first !== undefined && others.length === 0) taken.add(first.id);
  }
  return null;
}

/** A group that the plan maps must exist, and of several equal ones the plan must choose. */
export const serverGroupTargets: PreflightRule = (view) => {
  if (view.serverGroups === null) return view.of('server_group').slice(0, 1).map(untold);
  return view
    .of('server_group')
    .filter(({ id }) => serverGroupFor(view, id) === undefined)
    .map((group) => (mappedTo(view.mappings, 'server_groups', group.id) === null ? several(group) : absent(group)));
};

/** Nova takes the names of servers for groups. */
export const serverGroupNames: PreflightRule = (view) =>
  view
    .of('server_group')
    .filter(({ id, name }) => serverGroupFor(view, id) === null && !isServerName(name))
    .map(({ id, name }) =>
      blocking(
        'server_group.name_refused',
        refOf('server_group', id),
        `Nova refuses the name ${JSON.stringify(name)} of a server group: it must be printable, without blanks at its ends.`,
        'Map it to a group that you make there under another name, or skip it: its servers are made without a group.',
      ),
    );

/**
 * Anti-affinity needs as many hosts as there are servers, affinity one that has room for all: a
 * server without a host fails after the source is stopped.
 */
export const serverGroupHosts: PreflightRule = (view) => {
  const known = view.zones.every(({ hosts }) => hosts !== null);
  const hosts = new Set(view.zones.flatMap((zone) => (zone.available ? (zone.hosts ?? []) : []))).size;
  return view.of('server_group').flatMap((group) => {
    const count = membersOf(view, group);
    const needs = hostsFor(group, count);
    if (count < 2 || needs === 0 || (known && group.policy === 'anti-affinity' && needs <= hosts)) return [];
    const about = refOf('server_group', group.id);
    const wants = `The server group ${group.name} (${group.policy}) puts ${count} servers on ${needs === 1 ? 'one host' : `${needs} hosts`}`;
    if (known && group.policy === 'anti-affinity')
      return [blocking('server_group.hosts', about, `${wants}; the destination has ${hosts}.`, hostsRemedy)];
    return [
      warning('server_group.hosts_untold', about, `${wants}; whether the destination has the room is not known.`, hostsRemedy),
    ];
  });
};

const hostsRemedy = 'Skip the group, and its servers are made without it; or ask who runs the destination.';

/** How many servers a group will have at the destination. */
export function membersOf(view: PreflightView, { id }: ResourceOf<'server_group'>): number {
  const joining = view.of('server').filter(({ server_group_id }) => server_group_id === id).length;
  return joining === 0 ? 0 : joining + (serverGroupFor(view, id)?.members.length ?? 0);
}

/** How many hosts so many servers need; 0 where the policy is only a wish. */
function hostsFor({ policy, rules }: ResourceOf<'server_group'>, count: number): number {
  if (policy === 'affinity') return 1;
  return policy === 'anti-affinity' ? Math.ceil(count / (rules['max_server_per_host'] ?? 1)) : 0;
}

function untold({ id }: ResourceOf<'server_group'>) {
  return blocking(
    'server_group.rights',
    refOf('server_group', id),
    'The destination does not let these credentials list server groups.',
    'Use credentials that may, or skip the groups: their servers are made without them.',
  );
}

function several({ id, name }: ResourceOf<'server_group'>) {
  return blocking(
    'server_group.several',
    refOf('server_group', id),
    `Several server groups of the destination are named ${name} and have the same policy.`,
    'Name the id of one in `mappings.server_groups`.',
  );
}

function absent({ id, name }: ResourceOf<'server_group'>) {
  return blocking(
    'mapping.absent',
    refOf('server_group', id),
    `${name} is mapped to what does not exist at the destination.`,
    'Correct the mapping.',
  );
}
