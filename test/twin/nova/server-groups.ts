import { z } from 'zod';
import { anyRecord, parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { mayUse } from '../policy.ts';
import { badRequest } from '../refusal.ts';
import { type Call, type Route, route } from '../route.ts';
import { textOf } from '../text.ts';
import type { ServerGroup } from './model.ts';

const wanted = z.strictObject({
  server_group: z.strictObject({ name: z.string().min(1).max(255), policy: z.enum(['affinity', 'anti-affinity']) }),
});

function view({ state }: Cloud, { id, name, policy, members }: ServerGroup): object {
  return { id, name, policy, rules: {}, members: members.filter((member) => state.servers.has(member)) };
}

/** Puts a new server into the group that its scheduler hint names (nova/scheduler/utils.py). */
export function joinGroup({ cloud, body }: Call, serverId: string): void {
  const hints = anyRecord.safeParse(anyRecord.safeParse(body).data?.['os:scheduler_hints']).data;
  const wish = hints?.['group'];
  if (wish === undefined) return;
  const group = cloud.state.serverGroups.get(textOf(wish));
  if (group === undefined) throw badRequest(`Instance group ${textOf(wish)} could not be found.`);
  group.members = [...group.members, serverId];
}

/** Server groups (Compute API, from 2.64), of the caller's project. */
export const serverGroupRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/os-server-groups', (call) => {
    const all = [...call.cloud.state.serverGroups.values()];
    const found = all.filter(({ project }) => call.query.has('all_projects') || mayUse(call.caller, project));
    return { status: 200, body: { server_groups: found.map((group) => view(call.cloud, group)) } };
  }),
  route('compute', 'POST', '/v2.1/os-server-groups', (call) => {
    const { name, policy } = parse(wanted, call.body).server_group;
    const group: ServerGroup = { id: newUuid(), project: call.caller.projectId, name, policy, members: [] };
    call.cloud.state.serverGroups.set(group.id, group);
    call.cloud.changed();
    return { status: 200, body: { server_group: view(call.cloud, group) } };
  }),
];
