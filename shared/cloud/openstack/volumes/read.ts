import { Problem } from '../../../problem.ts';
import type { Patience } from '../../patience.ts';
import type { ApiVolume, ApiVolumeSnapshot } from '../api.ts';
import { partOf } from '../session/answer.ts';
import { listAll } from '../session/pages.ts';
import type { ApiCall, CloudSession } from '../session/session.ts';
import { until } from '../session/wait.ts';
import { carries } from '../stamp.ts';
import { reasonOf } from './reason.ts';

/** Things of Cinder with a life: where they are, and their key in an answer. */
const collections = {
  volume: { path: '/volumes', many: 'volumes', called: 'volume' },
  snapshot: { path: '/snapshots', many: 'snapshots', called: 'snapshot of a volume' },
} as const;

type CinderKind = keyof typeof collections;
type ApiOf<K extends CinderKind> = K extends 'volume' ? ApiVolume : ApiVolumeSnapshot;

/** Reads a volume or a snapshot; null where it is gone. */
export async function readOf<K extends CinderKind>(
  session: CloudSession,
  kind: K,
  id: string,
  signal: AbortSignal,
): Promise<ApiOf<K> | null> {
  const path = `${collections[kind].path}/${encodeURIComponent(id)}`;
  const { status, body } = await session.call({ method: 'GET', service: 'volume', path, mayBeGone: true, signal });
  return status === 404 ? null : partOf<ApiOf<K>>(body, kind, `GET ${path}`);
}

/** Lists volumes or snapshots with all that Cinder tells of them, oldest first. */
export async function listOf<K extends CinderKind>(
  session: CloudSession,
  kind: K,
  query: ApiCall['query'],
  signal: AbortSignal,
): Promise<ApiOf<K>[]> {
  const { path, many } = collections[kind];
  const listing = { service: 'volume', path: `${path}/detail`, key: many, query } as const;
  const found = await listAll<ApiOf<K>>(session, listing, signal);
  return found.reverse();
}

/** Those of the session's project whose metadata has every entry of a stamp. */
export async function stampedOf<K extends CinderKind>(
  session: CloudSession,
  kind: K,
  stamp: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ApiOf<K>[]> {
  const all = await listOf(session, kind, {}, signal);
  return all.filter(({ metadata }) => carries(metadata, stamp));
}

/** Creates a volume or a snapshot and returns its id. */
export async function createOf(
  session: CloudSession,
  kind: CinderKind,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<string> {
  const { path } = collections[kind];
  const answer = await session.call({ method: 'POST', service: 'volume', path, body: { [kind]: body }, signal });
  return partOf<{ readonly id: string }>(answer.body, kind, `POST ${path}`).id;
}

/** Asks for an action on a volume. `tolerate`: statuses that are no failure. */
export async function actOn(
  session: CloudSession,
  volumeId: string,
  action: string,
  parameters: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  tolerate: readonly number[] = [],
): Promise<unknown> {
  const path = `/volumes/${encodeURIComponent(volumeId)}/action`;
  const call = { method: 'POST', service: 'volume', path, body: { [action]: parameters }, tolerate, signal } as const;
  return (await session.call(call)).body;
}

/**
 * Waits until a volume or a snapshot is available. Throws E_SERVER_FAULT where it failed, with the
 * reason if Cinder tells one.
 */
export async function untilAvailable<K extends CinderKind>(
  session: CloudSession,
  kind: K,
  id: string,
  patience: Patience,
): Promise<ApiOf<K>> {
  const { called } = collections[kind];
  return until(`The ${called} ${id} becoming available`, patience, async () => {
    const is = await readOf(session, kind, id, patience.signal);
    if (is?.status === 'available') return is;
    if (is !== null && !/error|deleting/.test(is.status)) return undefined;
    const why =
      (await reasonOf(session, id, patience.signal)) ?? 'its back end has no room, or failed; see the log of cinder-volume';
    const says = `The ${called} ${id} is ${is?.status ?? 'gone'}: ${why}.`;
    throw new Problem('E_SERVER_FAULT', says, { about: id });
  });
}

/** Pause between two requests to delete what was still in use: milliseconds. */
const askAgainMs = 5_000;

/**
 * Deletes a volume or a snapshot and waits until it is gone; false where it was gone before. One
 * that is at work, such as an upload, is deleted when that has ended.
 */
export async function destroyOf(session: CloudSession, kind: CinderKind, id: string, patience: Patience): Promise<boolean> {
  const { path, called } = collections[kind];
  const { signal } = patience;
  let wasThere = false;
  let askAgainAt = 0;
  await until(`The end of the ${called} ${id}`, patience, async () => {
    const is = await readOf(session, kind, id, signal);
    if (is === null) return true;
    wasThere = true;
    if (!/^(available|error)/.test(is.status) || performance.now() < askAgainAt) return undefined;
    askAgainAt = performance.now() + askAgainMs;
    // Cinder refuses with 400 what it is still at work on.
    const call = {
      method: 'DELETE',
      service: 'volume',
      path: `${path}/${encodeURIComponent(id)}`,
      tolerate: [400, 404],
      signal,
    } as const;
    await session.call(call);
    return undefined;
  });
  return wasThere;
}
