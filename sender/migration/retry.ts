import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from '../../shared/journal.ts';
import { asProblem } from '../../shared/problem.ts';
import type { Fact } from './fact.ts';

/**
 * Where failures are noted, how long each retry waits (milliseconds), and what ends the waiting.
 */
export interface RetryTools {
  readonly journal: Journal<Fact>;
  readonly retryDelaysMs: readonly number[];
  readonly signal: AbortSignal;
}

/** Runs work, and retries it after a temporary failure; each failure is noted. */
export async function withRetries<T>(
  work: () => Promise<T>,
  { server, phase }: { readonly server: string | null; readonly phase: string },
  { journal, retryDelaysMs, signal }: RetryTools,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const problem = asProblem(error);
      await journal.append({ fact: 'problem', server, phase, problem: problem.toJSON() });
      const delayMs = retryDelaysMs[attempt];
      if (problem.retry === 'never' || delayMs === undefined) throw problem;
      await sleep(delayMs, undefined, { signal });
    }
  }
}
