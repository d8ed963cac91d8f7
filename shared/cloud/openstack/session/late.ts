import { setTimeout as sleep } from 'node:timers/promises';
import { Problem, type ProblemCode } from '../../../problem.ts';
import { statusOf } from './refusal.ts';
import { cancelled, neverSent } from './transport.ts';

/** Pauses before each search for a resource whose creation failed: milliseconds. */
const looksMs = [0, 500, 1000, 2000];
/**
 * Further pauses where nobody said that the request failed: a proxy that gave up (502, 504), a
 * time-out, a cut connection. The service may go on for long.
 */
const laterLooksMs = [4000, 8000];

/** Failures after which a request may have been carried out. */
const unsure: readonly ProblemCode[] = ['E_CLOUD', 'E_CLOUD_TIMEOUT', 'E_CLOUD_UNREACHABLE'];

/** Whether a request that failed so may have been carried out all the same. */
export function isUnsure(error: unknown): error is Problem {
  return error instanceof Problem && unsure.includes(error.code) && !neverSent(error);
}

/**
 * Creates a resource. If the answer leaves the result unknown, searches for the resource several
 * times before it fails. A conflict may be with what an earlier request made late: one search.
 */
export async function createOrFind<T>(create: () => Promise<T>, find: () => Promise<T | null>, signal: AbortSignal): Promise<T> {
  try {
    return await create();
  } catch (error) {
    if (signal.aborted) throw error;
    for (const pauseMs of pausesFor(error)) {
      await sleep(pauseMs, undefined, { signal }).catch(() => {
        throw cancelled(signal);
      });
      const found = await find().catch(() => null);
      if (found !== null) return found;
    }
    throw error;
  }
}

function pausesFor(error: unknown): readonly number[] {
  if (error instanceof Problem && error.code === 'E_CONFLICT') return [0];
  if (!isUnsure(error)) return [];
  const status = statusOf(error);
  const wasRefused = status !== undefined && status !== 502 && status !== 504;
  return wasRefused ? looksMs : [...looksMs, ...laterLooksMs];
}
