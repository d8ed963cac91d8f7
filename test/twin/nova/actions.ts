import { z } from 'zod';
import { anyRecord, parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { bootGuest, consoleOf } from '../guest.ts';
import { newUuid } from '../identifier.ts';
import { bump } from '../neutron/standard.ts';
import { requireAdmin } from '../policy.ts';
import { badRequest, conflict, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { removeServer } from './build.ts';
import { checkState, checkUnlocked, serverOf, startTask, touchServer, wirePorts } from './instance.ts';
import { recordAction } from './instance-actions.ts';
import type { Server, VmState } from './model.ts';
import { confirmResize, rebuild, resize } from './rebuild.ts';
import { createImageOf, startSnapshot } from './snapshot.ts';

/** One change of state that an action starts: from where, through which task, to where. */
interface Transition {
  readonly allowed: readonly VmState[];
  readonly task: string;
  readonly milliseconds: number;
  readonly becomes: VmState;
  readonly power: number;
  /** The guest boots anew on the way. */
  readonly boots?: boolean;
}

/** What Nova permits in which state (nova/compute/api.py, check_instance_state). */
const transitions: Readonly<Record<string, Transition>> = {
  'os-start': { allowed: ['stopped'], task: 'powering-on', milliseconds: 500, becomes: 'active', power: 1, boots: true },
  'os-stop': { allowed: ['active', 'error'], task: 'powering-off', milliseconds: 800, becomes: 'stopped', power: 4 },
  pause: { allowed: ['active'], task: 'pausing', milliseconds: 200, becomes: 'paused', power: 3 },
  unpause: { allowed: ['paused'], task: 'unpausing', milliseconds: 200, becomes: 'active', power: 1 },
  suspend: { allowed: ['active'], task: 'suspending', milliseconds: 400, becomes: 'suspended', power: 4 },
  resume: { allowed: ['suspended'], task: 'resuming', milliseconds: 400, becomes: 'active', power: 1 },
  rescue: { allowed: ['active', 'stopped', 'error'], task: 'rescuing', milliseconds: 500, becomes: 'rescued', power: 1 },
  unrescue: { allowed: ['rescued'], task: 'unrescuing', milliseconds: 500, becomes: 'active', power: 1, boots: true },
  unshelve: {
    allowed: ['shelved', 'shelved_offloaded'],
    task: 'unshelving',
    milliseconds: 600,
    becomes: 'active',
    power: 1,
    boots: true,
  },
};

/** Carries a transition out in the background. */
export function startTransition(cloud: Cloud, server: Server, change: Transition): void {
  startTask(cloud, server, change.task, change.milliseconds, () => {
    // A guest that ignores its power button keeps running.
    const ignored = change.task === 'powering-off' && cloud.faults.take('stop-ignored', server.name) !== undefined;
    if (!ignored) arrive(cloud, server, change);
  });
}

function arrive(cloud: Cloud, server: Server, change: Transition): void {
  server.vmState = change.becomes;
  server.powerState = change.power;
  server.fault = null;
  if (change.boots === true) bootGuest(cloud, server);
  wirePorts(cloud, server, change.power === 1 ? 'ACTIVE' : 'DOWN');
}

/** The transition of an unfinished task, for a twin that comes back after it was killed. */
export const transitionOf = (task: string): Transition | undefined =>
  [...Object.values(transitions), reboot('SOFT'), reboot('HARD')].find((each) => each.task === task);

function reboot(type: 'SOFT' | 'HARD'): Transition {
  const allowed: VmState[] = type === 'SOFT' ? ['active'] : ['active', 'stopped', 'paused', 'suspended', 'error'];
  return {
    allowed,
    task: type === 'SOFT' ? 'rebooting' : 'rebooting_hard',
    milliseconds: 600,
    becomes: 'active',
    power: 1,
    boots: true,
  };
}

type Action = (call: Call, server: Server, parameters: unknown) => Answer;

const accepted: Answer = { status: 202 };

/** Accepted, but nothing had to be done, and nothing is recorded. */
const unchanged: Answer = { status: 202 };

const startReboot: Action = (call, server, parameters) => {
  const { type } = parse(
    z.strictObject({
      type: z
        .string()
        .toUpperCase()
        .pipe(z.enum(['SOFT', 'HARD'])),
    }),
    parameters,
  );
  const change = reboot(type);
  checkUnlocked(call, server);
  checkState(server, 'reboot', change.allowed);
  startTransition(call.cloud, server, change);
  return accepted;
};

const lock: Action = (call, server, parameters) => {
  const { locked_reason } = parse(z.strictObject({ locked_reason: z.string().min(1).max(255).optional() }), parameters);
  const own = server.projectId === call.caller.projectId;
  // The owner's second lock changes nothing, neither the first one's reason nor an admin's lock.
  if (server.locked && own) return unchanged;
  server.locked = true;
  server.lockedBy = own ? 'owner' : 'admin';
  server.lockedReason = call.minor >= 73 ? (locked_reason ?? null) : null;
  touchServer(call.cloud, server);
  return accepted;
};

const unlock: Action = (call, server) => {
  // A lock that an admin of elsewhere has put on is for admins to take off.
  if (server.lockedBy === 'admin') requireAdmin(call.caller, 'os_compute_api:os-lock-server:unlock:unlock_override');
  server.locked = false;
  server.lockedBy = null;
  server.lockedReason = null;
  touchServer(call.cloud, server);
  return accepted;
};

const shelve: Action = (call, server) => {
  checkUnlocked(call, server);
  checkState(server, 'shelve', ['active', 'stopped', 'paused', 'suspended']);
  // Zed offloads at once by default (shelved_offload_time = 0): the server keeps no host.
  startSnapshot(call, server, `${server.name}-shelved`, {}, () => {
    server.vmState = 'shelved_offloaded';
    server.powerState = 4;
    wirePorts(call.cloud, server, 'DOWN');
  });
  server.taskState = 'shelving';
  return accepted;
};

const resetState: Action = (call, server, parameters) => {
  requireAdmin(call.caller, 'os_compute_api:os-admin-actions:reset_state');
  const { state } = parse(z.strictObject({ state: z.enum(['active', 'error']) }), parameters);
  server.vmState = state;
  server.taskState = null;
  touchServer(call.cloud, server);
  return accepted;
};

const consoleOutput: Action = (call, server, parameters) => {
  const { length } = parse(z.strictObject({ length: z.coerce.number().int().min(-1).nullish() }), parameters ?? {});
  if (server.vmState === 'building') throw conflict(`Instance ${server.id} is not ready`);
  if (server.powerState !== 1) throw notFound('Guest does not have a console available.');
  const lines = consoleOf(call.cloud, server).split('\n');
  const output = length === undefined || length === null || length < 0 ? lines : lines.slice(-(length + 1));
  return { status: 200, body: { output: output.join('\n') } };
};

/** Adds or takes a group on every port of a server. */
const changeGroup =
  (adds: boolean): Action =>
  (call, server, parameters) => {
    const { name } = parse(z.strictObject({ name: z.string() }), parameters);
    const { state } = call.cloud;
    const group = [...state.groups.values()].find(
      (each) => each.project === server.projectId && (each.name === name || each.id === name),
    );
    if (group === undefined) throw badRequest(`Security group ${name} not found for project ${server.projectId}.`);
    for (const id of server.portIds) {
      const port = state.ports.get(id);
      if (port === undefined) continue;
      const others = port.securityGroups.filter((each) => each !== group.id);
      port.securityGroups = adds ? [...others, group.id] : others;
      bump(call.cloud, port);
    }
    return accepted;
  };

const remove: Action = (call, server) => {
  checkUnlocked(call, server);
  removeServer(call.cloud, server);
  return accepted;
};

const actions: Readonly<Record<string, Action>> = {
  reboot: startReboot,
  createImage: (call, _server, parameters) => createImageOf(call, parameters),
  lock,
  unlock,
  shelve,
  rebuild,
  resize,
  confirmResize,
  'os-resetState': resetState,
  'os-getConsoleOutput': consoleOutput,
  addSecurityGroup: changeGroup(true),
  removeSecurityGroup: changeGroup(false),
  forceDelete: remove,
};

/** POST /v2.1/servers/{id}/action: the body's single key is the action. */
function act(call: Call): Answer {
  const server = serverOf(call);
  // Until it is scheduled a server is a request to build one: it can be shown, but no action finds
  // it.
  if (server.host === null && server.vmState === 'building') throw notFound(`Instance ${server.id} could not be found.`);
  const body = parse(anyRecord, call.body);
  const [name = '', ...more] = Object.keys(body);
  const known = actions[name];
  const change = transitions[name];
  if (more.length > 0 || (known === undefined && change === undefined))
    throw badRequest(more.length > 0 ? 'Malformed request body' : `There is no such action: ${name}`);
  if (known !== undefined) {
    const answer = known(call, server, body[name]);
    if (answer !== unchanged) recordAction(call, server, name);
    return answer;
  }
  if (change === undefined) return accepted;
  checkUnlocked(call, server);
  checkState(server, name.replace('os-', ''), change.allowed);
  startTransition(call.cloud, server, change);
  recordAction(call, server, name);
  return name === 'rescue' ? { status: 200, body: { adminPass: newUuid().slice(0, 12) } } : accepted;
}

/** Actions on servers. */
export const actionRoutes: readonly Route[] = [route('compute', 'POST', '/v2.1/servers/:id/action', act)];
