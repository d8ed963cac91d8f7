import { stamp } from '../identifier.ts';
import { badRequest } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { serverOf } from './instance.ts';
import type { InstanceAction, Server } from './model.ts';
import { pageOf } from './paging.ts';

/**
 * What Nova calls the requests that it records (nova/compute/instance_actions.py), by the verb of
 * an action or our own name; it records no others.
 */
const recordedAs: Readonly<Record<string, string>> = {
  create: 'create',
  attach_interface: 'attach_interface',
  detach_interface: 'detach_interface',
  'os-start': 'start',
  'os-stop': 'stop',
  reboot: 'reboot',
  pause: 'pause',
  unpause: 'unpause',
  suspend: 'suspend',
  resume: 'resume',
  rescue: 'rescue',
  unrescue: 'unrescue',
  shelve: 'shelve',
  unshelve: 'unshelve',
  rebuild: 'rebuild',
  resize: 'resize',
  confirmResize: 'confirmResize',
  createImage: 'createImage',
  lock: 'lock',
  unlock: 'unlock',
  forceDelete: 'delete',
};

/** Records an action that was accepted, where Nova does; newest first. */
export function recordAction({ caller, requestId }: Call, server: Server, verb: string): void {
  const action = recordedAs[verb];
  if (action === undefined) return;
  server.actions.unshift({ action, requestId, userId: caller.userId, projectId: caller.projectId, startedAt: stamp() });
}

/** GET /v2.1/servers/{id}/os-instance-actions: newest first (nova/db/main/api.py, actions_get). */
function listActions(call: Call): Answer {
  const server = serverOf(call);
  if (call.minor < 58) return { status: 200, body: { instanceActions: server.actions.map((action) => viewOf(server, action)) } };
  const known = ['limit', 'marker', 'changes-since', ...(call.minor >= 66 ? ['changes-before'] : [])];
  const unknown = [...call.query.keys()].find((key) => !known.includes(key));
  if (unknown !== undefined && call.minor >= 66)
    throw badRequest(`Additional properties are not allowed ('${unknown}' was unexpected)`);
  const all = server.actions.map((action) => ({ ...action, id: action.requestId }));
  const { page, links } = pageOf(call, all, `servers/${server.id}/os-instance-actions`);
  const instanceActions = page.map((action) => ({ ...viewOf(server, action), updated_at: viewOf(server, action).start_time }));
  return { status: 200, body: { instanceActions, ...(links.length > 0 ? { links } : {}) } };
}

/** Times are printed with microseconds and without a zone. */
function viewOf(server: Server, { action, requestId, userId, projectId, startedAt }: InstanceAction) {
  return {
    action,
    instance_uuid: server.id,
    request_id: requestId,
    user_id: userId,
    project_id: projectId,
    start_time: startedAt.replace('Z', '.000000'),
    message: null,
  };
}

/** What was done to servers. */
export const instanceActionRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/servers/:id/os-instance-actions', listActions),
];
