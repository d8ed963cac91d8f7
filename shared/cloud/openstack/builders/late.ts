import { setTimeout as sleep } from 'node:timers/promises';
import { Problem, type ProblemCode } from '../../../problem.ts';
import { cancelled, neverSent } from '../session/transport.ts';

/** Pauses before each search for a resource whose creation failed: milliseconds. */
const looksMs = [0, 500, 1000, 2000];

/**
 * Failures after which a request may still succeed: a proxy gives up (504) while the service goes
 * on.
 */
const unsure: readonly ProblemCode[] = ['E_CLOUD', 'E_CLOUD_TIMEOUT', 'E_CLOUD_UNREACHABLE'];

/**
 * Creates a resource. If the answer leaves the result unknown, searches for the resource several
 * times before it fails.
 */
export async function createOrFind<T>(create: () => Promise<T>, find: () => Promise<T | null>, signal: AbortSignal): Promise<T> {
  try {
    return await create();
  } catch (error) {
    if (signal.aborted || !(error instanceof Problem) || !unsure.includes(error.code) || neverSent(error)) throw error;
    for (const pauseMs of looksMs) {
      await sleep(pauseMs, undefined, { signal }).catch(() => {
        throw cancelled(signal);
      });
      const found = await find().catch(() => null);
      if (found !== null) return found;
    }
    throw error;
  }
}
