import { setTimeout as sleep } from 'node:timers/promises';
import { abortable } from '../../../concurrency/abortable.ts';
import { Problem } from '../../../problem.ts';
import type { Patience } from '../../patience.ts';
import { cancelled } from './transport.ts';

/**
 * First and longest pause between two looks: milliseconds. Short at first, because a quiet cloud is
 * quick.
 */
const firstPauseMs = 200;
const longestPauseMs = 3000;

/**
 * Looks again and again until `look` returns something; its throwing ends the wait. Throws
 * E_CLOUD_TIMEOUT with `what`, E_CANCELLED.
 */
export async function until<T>(what: string, patience: Patience, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + patience.timeoutMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.4, longestPauseMs)) {
    if (patience.signal.aborted) throw cancelled(patience.signal);
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() + pauseMs > deadline)
      throw new Problem('E_CLOUD_TIMEOUT', `${what} did not come about within ${Math.round(patience.timeoutMs / 1000)} s.`);
    await sleep(pauseMs, undefined, { signal: patience.signal }).catch(() => {
      throw cancelled(patience.signal);
    });
  }
}

/**
 * Waits for work that other callers wait for too: one that gives up does not end it. Throws what
 * the work throws, E_CANCELLED.
 */
export async function joined<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await abortable<T>([signal], (resolve, reject) => void work.then(resolve, reject));
  } catch (error) {
    throw signal.aborted ? cancelled(signal) : error;
  }
}
