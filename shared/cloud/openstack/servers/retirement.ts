import { Problem } from '../../../problem.ts';
import type { Frozen } from '../../source-cloud.ts';
import type { ApiAction, ApiServer } from '../api.ts';
import { retryingly } from '../session/retry.ts';
import type { ApiCall, CloudSession } from '../session/session.ts';
import { isAdmin } from '../session/token.ts';
import { movedTag } from '../stamp.ts';
import { mayHaveRunSince, readActions } from './generation.ts';
import { powerOf, readServer, taskOf } from './server-state.ts';

/**
 * Compute API, "Lock server", microversion 2.73: the reason of a lock. Older clouds lock without
 * one.
 */
const reasoned = '2.73';

/** Whether a write ends a server after commit: our tag, the lock, or its deletion. */
export function mayEndServer({ method, path, body }: Pick<ApiCall, 'method' | 'path' | 'body'>): boolean {
  const [verb, ...others] = Object.keys((body ?? {}) as object);
  const isTag = method === 'PUT' && path.endsWith(`/tags/${movedTag}`);
  const isDeletion = method === 'DELETE' && /^\/servers\/[^/]+$/.test(path);
  const isAction = method === 'POST' && /^\/servers\/[^/]+\/action$/.test(path);
  return isTag || isDeletion || (isAction && others.length === 0 && (verb === 'lock' || verb === 'unlock'));
}

/** A server that is as it was frozen; `checkedAt`: when it was asked for (`performance.now()`). */
interface Checked {
  readonly server: ApiServer;
  readonly checkedAt: number;
}

/** Locks and deletes the source's servers after commit. */
export class ServerRetirement {
  readonly #session: CloudSession;

  constructor(session: CloudSession) {
    this.#session = session;
  }

  check(serverId: string, project: string, signal: AbortSignal): Promise<void> {
    return retryingly(signal, async () => {
      await mustLeadTo(this.#session, project, signal);
      await readServer(this.#session, serverId, signal);
    });
  }

  /** Each attempt reads the server again, so that a lost answer does no harm. */
  retire(serverId: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
    return retryingly(signal, () => this.#retire(serverId, frozen, signal));
  }

  destroy(serverId: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
    return retryingly(signal, () => this.#destroy(serverId, frozen, signal));
  }

  async #retire(serverId: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
    const found = await this.#asFrozen(serverId, frozen, signal);
    if (found === null) return;
    // Lock first: Nova records it, so a change of `updated` by the tag is known to be later than
    // our read.
    const why = (await this.#session.knows(reasoned, signal)) ? { locked_reason: reasonOf(frozen.campaign) } : null;
    await this.#act(serverId, { lock: why }, found, signal);
    await this.#session.call({ method: 'PUT', service: 'compute', path: `${pathOf(serverId)}/tags/${movedTag}`, signal });
  }

  async #destroy(serverId: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
    const found = await this.#asFrozen(serverId, frozen, signal);
    if (found === null) return;
    const { server, checkedAt } = found;
    if (frozen.generation === undefined) throw kept(server, 'was frozen, but nobody noted in which state,');
    // Only our own lock is removed; another lock means that somebody wants to keep the server.
    if (isOurs(server, frozen)) await this.#act(serverId, { unlock: null }, found, signal);
    const path = pathOf(serverId);
    await this.#session.call({ method: 'DELETE', service: 'compute', path, mayBeGone: true, checkedAt, signal });
  }

  async #act(serverId: string, body: object, { checkedAt }: Checked, signal: AbortSignal): Promise<void> {
    const path = `${pathOf(serverId)}/action`;
    await this.#session.call({ method: 'POST', service: 'compute', path, body, checkedAt, signal });
  }

  /**
   * Reads a server unchanged since its freeze, and notes when; null if it is gone. Throws
   * E_SERVER_STATE.
   */
  async #asFrozen(id: string, frozen: Frozen, signal: AbortSignal): Promise<Checked | null> {
    const actions = await readActions(this.#session, id, signal);
    const checkedAt = performance.now();
    const server = await readServer(this.#session, id, signal);
    if (server === null) return null;
    const why = whyNotFrozen(server, frozen, actions);
    if (why === null) return { server, checkedAt };
    throw kept(server, why);
  }
}

/** An admin sees every project of its cloud, but no other cloud's. Throws E_AUTH. */
async function mustLeadTo(session: CloudSession, project: string, signal: AbortSignal): Promise<void> {
  const token = await session.token(signal);
  const { projectId, projectName } = token;
  if (projectId === project) return;
  const path = `/projects/${encodeURIComponent(project)}`;
  const call = { method: 'GET', service: 'identity', path, tolerate: [403, 404], signal } as const;
  if (isAdmin(token) && (await session.call(call)).status === 200) return;
  const says = `The credentials lead to project ${projectName} (${projectId}) of the source, and the campaign was captured from ${project}.`;
  throw new Problem('E_AUTH', says, {
    hint: 'No server is taken for gone. Give the sender credentials of the project from which the campaign was captured.',
  });
}

function kept({ id, name }: ApiServer, why: string): Problem {
  return new Problem('E_SERVER_STATE', `Server ${name} ${why} at the source; it is neither locked nor deleted.`, {
    about: `server/${id}`,
    hint: 'What it wrote there since it was frozen is not at the destination. See to it, then `sender commit --keep SERVER` leaves it as it is.',
  });
}

function pathOf(serverId: string): string {
  return `/servers/${encodeURIComponent(serverId)}`;
}

/** The reason of a lock, for users of the source. */
function reasonOf(campaign: string): string {
  return `godwit: moved by campaign ${campaign}`;
}

/** Whether a server has a lock that a commit set. */
function isOurs({ locked, locked_reason, tags }: ApiServer, { campaign }: Frozen): boolean {
  return locked === true && (tags?.includes(movedTag) === true || locked_reason === reasonOf(campaign));
}

/** What a server did after its disk was frozen; null if it is unchanged. */
function whyNotFrozen(server: ApiServer, frozen: Frozen, actions: readonly ApiAction[]): string | null {
  const power = powerOf(server);
  if (power !== 'stopped') return power === 'running' ? 'runs again' : `is ${server.status}`;
  const task = taskOf(server);
  if (task !== null) return `is busy (${task})`;
  if (frozen.generation === undefined || !mayHaveRunSince(frozen.generation, server, actions)) return null;
  // If a policy hides the actions, our lock changes the generation too; a check precedes it.
  return actions.length === 0 && isOurs(server, frozen) ? null : 'was changed after its disk was frozen, and may have run,';
}
