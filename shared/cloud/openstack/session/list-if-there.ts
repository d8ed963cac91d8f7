import { Problem } from '../../../problem.ts';
import { type Listing, listAll } from './pages.ts';
import { statusOf } from './refusal.ts';
import type { CloudSession } from './session.ts';

/**
 * Lists a whole collection; empty where the service answers with a status of `none`. Throws what
 * else it answers.
 */
export async function listIfThere<T>(
  session: CloudSession,
  listing: Listing,
  signal: AbortSignal,
  none: readonly number[] = [404],
): Promise<T[]> {
  try {
    return await listAll<T>(session, listing, signal);
  } catch (error) {
    if (error instanceof Problem && none.includes(statusOf(error) ?? 0)) return [];
    throw error;
  }
}
