import { Problem } from '../../problem.ts';
import type { Frozen, SourceRetirement } from '../source-cloud.ts';
import { markMovedImage, mayMarkImage } from './images/retirement.ts';
import { mayEndServer, ServerRetirement } from './servers/retirement.ts';
import type { Access } from './session/access.ts';
import { retryingly } from './session/retry.ts';
import { type CallGuard, CloudSession } from './session/session.ts';
import { destroyMoved, markMoved, mayEndVolume } from './volumes/retirement.ts';

/**
 * Allows at a source, after commit, only what ends a moved server or lone volume, and the mark of a
 * moved image. Throws E_BUG otherwise.
 */
const guard: CallGuard = (call) => {
  if (call.method === 'GET') return;
  if (call.service === 'compute' && mayEndServer(call)) return;
  if (call.service === 'volume' && mayEndVolume(call)) return;
  if (call.service === 'image' && mayMarkImage(call)) return;
  throw new Problem('E_BUG', `The source cloud must not be asked for ${call.method} ${call.path}.`);
};

/** Ends the source's servers and lone volumes after commit. */
export class OpenStackRetirement implements SourceRetirement {
  readonly #session: CloudSession;
  readonly #servers: ServerRetirement;

  constructor(access: Access) {
    this.#session = new CloudSession(access, guard, 'source');
    this.#servers = new ServerRetirement(this.#session);
  }

  check(serverId: string, project: string, signal: AbortSignal): Promise<void> {
    return this.#servers.check(serverId, project, signal);
  }

  retire(serverId: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
    return this.#servers.retire(serverId, frozen, signal);
  }

  destroy(serverId: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
    return this.#servers.destroy(serverId, frozen, signal);
  }

  retireVolume(volumeId: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
    return retryingly(signal, () => markMoved(this.#session, volumeId, frozen, signal));
  }

  retireImage(imageId: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
    return retryingly(signal, () => markMovedImage(this.#session, imageId, frozen, signal));
  }

  destroyVolume(volumeId: string, frozen: Frozen, signal: AbortSignal): Promise<void> {
    return retryingly(signal, () => destroyMoved(this.#session, volumeId, frozen, signal));
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
