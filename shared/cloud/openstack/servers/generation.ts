import type { Recorded } from '../../source-cloud.ts';
import type { ApiAction, ApiServer } from '../api.ts';
import { partOf } from '../session/answer.ts';
import type { CloudSession } from '../session/session.ts';

/** Compute API, "List Actions For Server": the first microversion with `limit`. */
const limited = '2.58';

/**
 * Reads a server's actions, newest first: all, or only `most` where the cloud can count. MUST be
 * read before the server: a run between the two then still brings a newer one. Empty where a policy
 * hides actions; `updated` alone decides then.
 */
export async function readActions(
  session: CloudSession,
  id: string,
  signal: AbortSignal,
  most?: number,
): Promise<readonly ApiAction[]> {
  const path = `/servers/${encodeURIComponent(id)}/os-instance-actions`;
  const query = most !== undefined && (await session.knows(limited, signal)) ? { limit: most } : {};
  const answer = await session.call({ method: 'GET', service: 'compute', path, query, tolerate: [403, 404], signal });
  return answer.status === 200 ? partOf<readonly ApiAction[]>(answer.body, 'instanceActions', `GET ${path}`) : [];
}

/**
 * A server's generation, in two parts: Nova records an action for each requested start
 * (nova/compute/api.py, `_record_action_start`), and writes `updated`, in whole seconds, for any
 * other.
 */
export function generationOf(server: ApiServer, [newest]: readonly ApiAction[]): string {
  return `${server.updated ?? ''} ${newest?.request_id ?? ''}`;
}

/** Recorded actions after which a stopped server has not run (nova/compute/instance_actions.py). */
const harmless = new Set(['lock', 'unlock', 'createImage', 'createBackup']);

/**
 * Whether a server may have run since a generation: every newer action counts, except those that
 * start nothing.
 */
export function mayHaveRunSince(generation: string, server: ApiServer, actions: readonly ApiAction[]): boolean {
  if (generationOf(server, actions) === generation) return false;
  const known = actions.findIndex(({ request_id }) => generation.endsWith(` ${request_id}`));
  return known < 1 || actions.slice(0, known).some(({ action }) => !harmless.has(action));
}

/**
 * Recorded actions after which a server has another root disk: both make it anew from the image,
 * an evacuation at least where hosts share no disks (nova/compute/manager.py, rebuild_instance).
 */
const replacing = new Set(['rebuild', 'evacuate']);

/** What newer actions than a generation's did; nothing where a policy hides them. */
export function recordedSince(generation: string, actions: readonly ApiAction[]): Recorded {
  const known = actions.findIndex(({ request_id }) => generation.endsWith(` ${request_id}`));
  const newer = actions.slice(0, known === -1 ? actions.length : known);
  return {
    mayRun: newer.some(({ action }) => !harmless.has(action)),
    replaced: newer.some(({ action }) => replacing.has(action)),
  };
}
