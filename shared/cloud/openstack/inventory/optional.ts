import { Problem } from '../../../problem.ts';
import { listAll } from '../session/pages.ts';
import { statusOf } from '../session/refusal.ts';
import type { ApiCall, CloudSession } from '../session/session.ts';

/**
 * Lists what a collection of Neutron has that not every cloud has; null where the cloud does not
 * tell it to these credentials.
 */
export async function listOptional<T>(
  session: CloudSession,
  path: string,
  key: string,
  query: ApiCall['query'],
  signal: AbortSignal,
): Promise<readonly T[] | null> {
  try {
    return await listAll<T>(session, { service: 'network', path, key, query }, signal);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const status = statusOf(error);
    if (status === 404) return [];
    if (status === 403) return null;
    throw error;
  }
}
