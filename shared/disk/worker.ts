import { parentPort } from 'node:worker_threads';
import { asProblem, type ProblemJson } from '../problem.ts';
import { type JobName, jobs } from './jobs.ts';
import { ownedBy } from './owned.ts';

/** What a worker is asked: one job. The message `end` ends its thread, after the jobs before it. */
export interface Order {
  readonly name: JobName;
  readonly task: unknown;
}

/** What a worker answers: what the job returned, or the problem it met. */
export type WorkerAnswer = { readonly outcome: unknown } | { readonly problem: ProblemJson };

parentPort?.on('message', (order: Order | 'end') => {
  if (order === 'end') {
    parentPort?.close();
    return;
  }
  const answer = work(order.name, order.task);
  parentPort?.postMessage(answer, 'outcome' in answer ? ownedBy(bytesOf(answer.outcome)) : []);
});

function work(name: JobName, task: unknown): WorkerAnswer {
  try {
    const job = jobs[name] as (task: unknown) => unknown;
    return { outcome: job(task) };
  } catch (thrown) {
    return { problem: asProblem(thrown).toJSON() };
  }
}

/** What an outcome consists of, as far as it is bytes. */
function bytesOf(outcome: unknown): Uint8Array[] {
  const parts: unknown[] = outcome instanceof Uint8Array ? [outcome] : Object.values(outcome as object);
  return parts.filter((part) => part instanceof Uint8Array);
}
