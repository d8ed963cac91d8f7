import type { Power } from '../../../model/resource.ts';
import { Problem } from '../../../problem.ts';
import type { Patience } from '../../patience.ts';
import type { ServerState } from '../../source-cloud.ts';
import type { ApiServer } from '../api.ts';
import { partOf } from '../session/answer.ts';
import { isUnsure } from '../session/late.ts';
import type { CloudSession } from '../session/session.ts';
import { until } from '../session/wait.ts';
import { generationOf, mayHaveRunSince, readActions } from './generation.ts';

/** Reads a server; null where it is gone. */
export async function readServer(session: CloudSession, id: string, signal: AbortSignal): Promise<ApiServer | null> {
  const path = `/servers/${encodeURIComponent(id)}`;
  const { status, body } = await session.call({ method: 'GET', service: 'compute', path, mayBeGone: true, signal });
  return status === 404 ? null : partOf<ApiServer>(body, 'server', `GET ${path}`);
}

/** Reads a server that should be there. Throws E_NOT_FOUND. */
export async function mustReadServer(session: CloudSession, id: string, signal: AbortSignal): Promise<ApiServer> {
  const server = await readServer(session, id, signal);
  if (server === null) throw new Problem('E_NOT_FOUND', `There is no server ${id}.`, { about: `server/${id}` });
  return server;
}

/** What Nova is doing with a server; null while it is idle. */
export function taskOf(server: ApiServer): string | null {
  return server['OS-EXT-STS:task_state'] ?? null;
}

/** Whether a server runs, by Nova's status (Compute API guide, "Server concepts"). */
export function powerOf({ status }: Pick<ApiServer, 'status'>): Power {
  if (status === 'ACTIVE') return 'running';
  return status === 'SHUTOFF' ? 'stopped' : 'other';
}

/**
 * Whether the host of a server is down: forced down, or not heard of. Only admins are told, unless
 * a policy lets others know (Compute API reference, `host_status`, microversion 2.16).
 */
function isHostDown({ host_status: status }: Pick<ApiServer, 'host_status'>): boolean {
  return status === 'DOWN' || status === 'UNKNOWN';
}

/** Reads a server's state. Throws E_NOT_FOUND. */
export async function readState(session: CloudSession, id: string, signal: AbortSignal): Promise<ServerState> {
  const actions = await readActions(session, id, signal, 1);
  const server = await mustReadServer(session, id, signal);
  return {
    power: powerOf(server),
    word: server.status,
    busy: taskOf(server),
    locked: server.locked ?? false,
    isHostDown: isHostDown(server),
    fault: server.fault?.message ?? null,
    generation: generationOf(server, actions),
  };
}

/** Whether a server may have run since a generation, by the actions that Nova recorded since. */
export async function mayHaveRun(session: CloudSession, id: string, generation: string, signal: AbortSignal): Promise<boolean> {
  const actions = await readActions(session, id, signal);
  return mayHaveRunSince(generation, await mustReadServer(session, id, signal), actions);
}

/**
 * Pause before a change is requested again: milliseconds. The first request may be lost, or refused
 * by a busy server.
 */
const askAgainMs = 30_000;
/** The same pause after a request without an answer, and how many of those are made. */
const askAfterLossMs = 2_000;
const lossesBorne = 5;

interface Change {
  readonly action: 'os-start' | 'os-stop';
  readonly from: 'ACTIVE' | 'SHUTOFF';
  readonly to: 'ACTIVE' | 'SHUTOFF';
}

/** The two power changes that we make. */
export const changes = {
  stop: { action: 'os-stop', from: 'ACTIVE', to: 'SHUTOFF' },
  start: { action: 'os-start', from: 'SHUTOFF', to: 'ACTIVE' },
} as const satisfies Record<string, Change>;

/**
 * Brings a server to the wanted power state and returns it there; asks for nothing if it is there
 * already. Throws E_SERVER_FAULT with the cloud's message, E_SERVER_STATE, E_CLOUD_TIMEOUT.
 */
export async function bring(session: CloudSession, id: string, change: Change, patience: Patience): Promise<ApiServer> {
  let askAgainAt = 0;
  let losses = 0;
  return await until(`Server ${id} in state ${change.to}`, patience, async () => {
    const server = await mustReadServer(session, id, patience.signal);
    if (taskOf(server) !== null) return undefined;
    if (server.status === change.to) return server;
    if (server.status !== change.from) throw unfit(server, change);
    if (performance.now() < askAgainAt) return undefined;
    askAgainAt = performance.now() + askAgainMs;
    await ask(session, server, change, patience.signal).catch((error: unknown) => {
      losses += 1;
      if (!isUnsure(error) || losses > lossesBorne) throw error;
      askAgainAt = performance.now() + askAfterLossMs;
    });
    return undefined;
  });
}

async function ask(session: CloudSession, { id, locked }: ApiServer, change: Change, signal: AbortSignal): Promise<void> {
  const path = `/servers/${encodeURIComponent(id)}/action`;
  const call = { method: 'POST', service: 'compute', path, body: { [change.action]: null }, tolerate: [409], signal } as const;
  const { status, body } = await session.call(call);
  if (status !== 409) return;
  // Nova answers 409 for a lock, which does not end by itself, and for a task, which does.
  if (locked === true || /locked/i.test(JSON.stringify(body)))
    throw new Problem('E_SERVER_STATE', `Server ${id} is locked, so ${change.action} is refused.`, {
      about: `server/${id}`,
      hint: `Unlock it: openstack server unlock ${id}`,
    });
}

function unfit({ id, status, fault }: ApiServer, change: Change): Problem {
  const about = `server/${id}`;
  if (status === 'ERROR')
    return new Problem('E_SERVER_FAULT', `Server ${id} is in state ERROR: ${fault?.message ?? 'the cloud gives no message'}.`, {
      about,
    });
  return new Problem('E_SERVER_STATE', `Server ${id} is in state ${status}; ${change.action} needs ${change.from}.`, {
    about,
  });
}
