import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceCloud } from '../../shared/cloud/source-cloud.ts';
import type { Log } from '../../shared/log.ts';
import { asProblem } from '../../shared/problem.ts';

/** Between two attempts to open a source cloud that does not answer: milliseconds. */
const reopenMs = 15_000;

/**
 * Opens the source cloud, and retries while it does not answer, because a server may be stopped in
 * the middle of its move.
 */
export async function openSource(open: () => Promise<SourceCloud>, log: Log, signal: AbortSignal): Promise<SourceCloud> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const problem = asProblem(error);
      if (problem.retry === 'never') throw problem;
      log.warn({ problem }, 'the source cloud does not answer');
      await sleep(reopenMs, undefined, { signal });
    }
  }
}
