import { setTimeout as sleep } from 'node:timers/promises';
import type { Cloud } from '../cloud.ts';
import { stamp } from '../identifier.ts';
import { mayUse } from '../policy.ts';
import { conflict, notFound } from '../refusal.ts';
import type { Call } from '../route.ts';
import type { Server, VmState } from './model.ts';

/** The server of a path, the caller's own unless it is admin. */
export function serverOf(call: Call): Server {
  const server = call.cloud.state.servers.get(call.param('id'));
  if (server === undefined || !mayUse(call.caller, server.projectId))
    throw notFound(`Instance ${call.param('id')} could not be found.`);
  return server;
}

/** Notes that a server has changed. */
export function touchServer(cloud: Cloud, server: Server): void {
  server.updatedAt = stamp();
  cloud.changed();
}

/** Refuses everybody but admins to touch a locked server. */
export function checkUnlocked(call: Call, server: Server): void {
  if (server.locked && !call.caller.admin) throw conflict(`Instance ${server.id} is locked`);
}

/**
 * Refuses an action that the state does not permit, as nova.compute.api.check_instance_state does.
 */
export function checkState(server: Server, action: string, allowed: readonly VmState[] | null, anyTask = false): void {
  if (allowed !== null && !allowed.includes(server.vmState)) {
    throw conflict(`Cannot '${action}' instance ${server.id} while it is in vm_state ${server.vmState}`);
  }
  if (!anyTask && server.taskState !== null) {
    throw conflict(`Cannot '${action}' instance ${server.id} while it is in task_state ${server.taskState}`);
  }
}

/** Whether a server still exists; background work checks it before every step. */
export const isThere = (cloud: Cloud, server: Server): boolean => cloud.state.servers.get(server.id) === server;

/** Whether nova-compute of the server's host does not answer. */
export const isHostDown = (cloud: Cloud, server: Server): boolean => cloud.faults.take('host-down', server.name) !== undefined;

/** Waits for the server's host: what was asked of it meanwhile lies in its queue. */
export async function untilHostIsUp(cloud: Cloud, server: Server): Promise<void> {
  while (isHostDown(cloud, server)) await sleep(20, undefined, { signal: cloud.background.signal });
}

/** Does a task on the server's host in the background, unless it is called off by then. */
export function startTask(
  cloud: Cloud,
  server: Server,
  task: string,
  milliseconds: number,
  end: () => Promise<void> | void,
): void {
  server.taskState = task;
  touchServer(cloud, server);
  cloud.background.run(async () => {
    await cloud.background.pause(milliseconds);
    await untilHostIsUp(cloud, server);
    if (!isThere(cloud, server) || server.taskState !== task) return;
    await end();
    server.taskState = null;
    touchServer(cloud, server);
  });
}

/** Puts a server into ERROR with the sentence that its fault carries. */
export function failServer(cloud: Cloud, server: Server, message: string, code = 500): void {
  server.vmState = 'error';
  server.taskState = null;
  server.host = null;
  server.fault = { code, message, created: stamp() };
  touchServer(cloud, server);
}

/** Wires or unwires the ports of a server: they are ACTIVE while the guest runs. */
export function wirePorts(cloud: Cloud, server: Server, status: 'ACTIVE' | 'DOWN'): void {
  for (const id of server.portIds) {
    const port = cloud.state.ports.get(id);
    if (port !== undefined) port.status = status;
  }
}
