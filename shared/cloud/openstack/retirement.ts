import { Problem } from '../../problem.ts';
import type { SourceRetirement } from '../source-cloud.ts';
import type { Access } from './access.ts';
import { readServer } from './server-state.ts';
import { type Guard, Session } from './session.ts';
import { movedTag } from './stamp.ts';

/** Compute API, "Lock server", microversion 2.73: why a server is locked. Older clouds lock without a reason. */
const reasoned = '2.73';

/** What may be written at a source after commit: our tag, the lock, and the end of a moved server. Throws E_BUG for anything else. */
const guard: Guard = ({ method, service, path, body }) => {
  if (method === 'GET' || service !== 'compute') {
    if (method === 'GET') return;
  } else {
    if (method === 'PUT' && path.endsWith(`/tags/${movedTag}`)) return;
    if (method === 'DELETE' && /^\/servers\/[^/]+$/.test(path)) return;
    const verbs = Object.keys((body ?? {}) as object);
    if (method === 'POST' && /^\/servers\/[^/]+\/action$/.test(path) && ['lock', 'unlock'].includes(verbs.join())) return;
  }
  throw new Problem('E_BUG', `The source cloud must not be asked for ${method} ${path}.`);
};

/** The end of the source's servers, after commit. */
export class OpenStackRetirement implements SourceRetirement {
  readonly #session: Session;

  constructor(access: Access) {
    this.#session = new Session(access, guard);
  }

  async retire(serverId: string, campaign: string, signal: AbortSignal): Promise<void> {
    const path = `/servers/${encodeURIComponent(serverId)}`;
    await this.#session.call({ method: 'PUT', service: 'compute', path: `${path}/tags/${movedTag}`, signal });
    const why = (await this.#session.knows(reasoned, signal)) ? { locked_reason: `godwit: moved by campaign ${campaign}` } : null;
    await this.#session.call({ method: 'POST', service: 'compute', path: `${path}/action`, body: { lock: why }, signal });
  }

  async destroy(serverId: string, signal: AbortSignal): Promise<void> {
    const server = await readServer(this.#session, serverId, signal);
    if (server === null) return;
    const about = `server/${serverId}`;
    if (server.status === 'ACTIVE')
      throw new Problem('E_SERVER_STATE', `Server ${server.name} runs again at the source; it is not deleted.`, {
        about,
        hint: 'Find out who started it. Stop it, then commit again.',
      });
    const path = `/servers/${encodeURIComponent(serverId)}`;
    // Only a lock of ours is opened; another one is somebody's wish to keep the server.
    if (server.locked && server.tags?.includes(movedTag))
      await this.#session.call({ method: 'POST', service: 'compute', path: `${path}/action`, body: { unlock: null }, signal });
    await this.#session.call({ method: 'DELETE', service: 'compute', path, tolerate: [404], signal });
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
