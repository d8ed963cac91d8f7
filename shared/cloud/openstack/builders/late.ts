import { setTimeout as sleep } from 'node:timers/promises';
import { Problem, type ProblemCode } from '../../../problem.ts';
import { cancelled, neverSent } from '../transport.ts';

/** Pauses before each look for something whose creation failed: milliseconds. */
const looksMs = [0, 500, 1000, 2000];

/** Failures that say nothing about what became of a request: a proxy may give up (504) while the service behind it goes on. */
const unsure: readonly ProblemCode[] = ['E_CLOUD', 'E_CLOUD_TIMEOUT', 'E_CLOUD_UNREACHABLE'];

/** Creates something. Where the answer does not tell whether it was created, looks for it several times before the failure is believed. */
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
