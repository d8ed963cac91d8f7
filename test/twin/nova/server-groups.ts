import { z } from 'zod';
import { anyRecord, parse } from '../body.ts';
import { type Cloud, quotaOf } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { mayUse } from '../policy.ts';
import { badRequest, forbidden, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { textOf } from '../text.ts';
import type { Server, ServerGroup } from './model.ts';
import { serverName } from './names.ts';

/** nova/api/openstack/compute/schemas/server_groups.py, `create_v215`. */
const policy = z.enum(['affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity']);

/** The same file, `create_v264`. */
const wanted = z.strictObject({
  server_group: z.strictObject({
    name: serverName,
    policy,
    rules: z.partialRecord(z.literal('max_server_per_host'), z.coerce.number().int().min(1)).optional(),
  }),
});

/** The same before 2.64: a list of one policy, and no rules. */
const wantedBefore = z.strictObject({ server_group: z.strictObject({ name: serverName, policies: z.tuple([policy]) }) });

/** A group as nova/api/openstack/compute/server_groups.py, `_format_server_group`, shows it. */
function view({ cloud, minor }: Call, { id, name, policy, rules, members, project, user }: ServerGroup): object {
  return {
    id,
    name,
    ...(minor >= 64 ? { policy, rules } : { policies: [policy], metadata: {} }),
    members: members.filter((member) => cloud.state.servers.has(member)),
    ...(minor >= 13 ? { project_id: project, user_id: user } : {}),
  };
}

/** The group that a server is in. */
export function groupOf({ state }: Cloud, { id }: Pick<Server, 'id'>): ServerGroup | undefined {
  return [...state.serverGroups.values()].find(({ members }) => members.includes(id));
}

/**
 * Puts a new server into the group that its scheduler hint names, as far as the quota of members
 * goes (nova/compute/api.py, `_get_requested_instance_group`, `_provision_instances`).
 */
export function joinGroup({ cloud, body, caller }: Call, serverId: string): void {
  const hints = anyRecord.safeParse(anyRecord.safeParse(body).data?.['os:scheduler_hints']).data;
  const wish = hints?.['group'];
  if (wish === undefined) return;
  const group = cloud.state.serverGroups.get(textOf(wish));
  if (group === undefined || !mayUse(caller, group.project))
    throw badRequest(`Instance group ${textOf(wish)} could not be found.`);
  const limit = quotaOf(cloud, 'compute', caller.projectId, 'server_group_members');
  const there = group.members.filter((member) => cloud.state.servers.has(member));
  if (limit >= 0 && there.length >= limit) throw forbidden('Quota exceeded, too many servers in group');
  group.members = [...there, serverId];
}

/** Whether the one host may take a server (nova/scheduler/filters/affinity_filter.py). */
export function isLetIn(cloud: Cloud, server: Server): boolean {
  const group = groupOf(cloud, server);
  if (group?.policy !== 'anti-affinity') return true;
  const others = group.members.filter((id) => id !== server.id && cloud.state.servers.get(id)?.host != null);
  return others.length < (group.rules['max_server_per_host'] ?? 1);
}

/** nova/api/openstack/common.py, `limited`: a page by offset, and no link to a next one. */
function listGroups(call: Call): Answer {
  const { cloud, caller, query } = call;
  const unknown = [...query.keys()].find((key) => !['all_projects', 'limit', 'offset'].includes(key));
  if (unknown !== undefined && call.minor >= 75)
    throw badRequest(`Additional properties are not allowed ('${unknown}' was unexpected)`);
  const everybody = query.has('all_projects') && caller.admin;
  const all = [...cloud.state.serverGroups.values()];
  const found = all.filter(({ project }) => everybody || project === caller.projectId);
  const offset = Number(query.get('offset') ?? 0);
  const most = Math.min(Number(query.get('limit') ?? 0) || 1000, 1000, cloud.settings.pageSize);
  const page = found.slice(offset, offset + most);
  return { status: 200, body: { server_groups: page.map((group) => view(call, group)) } };
}

function createGroup(call: Call): Answer {
  const { cloud, caller } = call;
  const { name, policy, rules } = call.minor >= 64 ? parse(wanted, call.body).server_group : givenBefore(call);
  const own = [...cloud.state.serverGroups.values()].filter(({ project }) => project === caller.projectId);
  const limit = quotaOf(cloud, 'compute', caller.projectId, 'server_groups');
  if (limit >= 0 && own.length >= limit) throw forbidden('Quota exceeded, too many server groups.');
  if (policy !== 'anti-affinity' && Object.keys(rules ?? {}).length > 0)
    throw badRequest('Only anti-affinity policy supports rules.');
  const { projectId: project, userId: user } = caller;
  const group: ServerGroup = { id: newUuid(), project, user, name, policy, rules: { ...rules }, members: [] };
  cloud.state.serverGroups.set(group.id, group);
  cloud.changed();
  return { status: 200, body: { server_group: view(call, group) } };
}

function givenBefore({ body }: Call): z.infer<typeof wanted>['server_group'] {
  const { name, policies } = parse(wantedBefore, body).server_group;
  return { name, policy: policies[0] };
}

function groupNamed(call: Call): ServerGroup {
  const found = call.cloud.state.serverGroups.get(call.param('id'));
  if (found === undefined || !mayUse(call.caller, found.project))
    throw notFound(`Instance group ${call.param('id')} could not be found.`);
  return found;
}

/** Server groups (Compute API). A group is deleted with or without servers in it. */
export const serverGroupRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/os-server-groups', listGroups),
  route('compute', 'POST', '/v2.1/os-server-groups', createGroup),
  route('compute', 'GET', '/v2.1/os-server-groups/:id', (call) => ({
    status: 200,
    body: { server_group: view(call, groupNamed(call)) },
  })),
  route('compute', 'DELETE', '/v2.1/os-server-groups/:id', (call) => {
    call.cloud.state.serverGroups.delete(groupNamed(call).id);
    call.cloud.changed();
    return { status: 204 };
  }),
];
