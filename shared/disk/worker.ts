import { parentPort } from 'node:worker_threads';
import { asProblem, type ProblemJson } from '../problem.ts';
import { type JobName, jobs } from './jobs.ts';

/** What a worker is told: one job. */
export interface Order {
  readonly name: JobName;
  readonly task: unknown;
}

/** What a worker answers: what the job returned, or the problem it met. */
export type Answer = { readonly outcome: unknown } | { readonly problem: ProblemJson };

parentPort?.on('message', ({ name, task }: Order) => {
  const answer = work(name, task);
  parentPort?.postMessage(answer, 'outcome' in answer ? ownedBy(answer.outcome) : []);
});

function work(name: JobName, task: unknown): Answer {
  try {
    const job = jobs[name] as (task: unknown) => unknown;
    return { outcome: job(task) };
  } catch (thrown) {
    return { problem: asProblem(thrown).toJSON() };
  }
}

/** The buffers that an outcome has for itself: they are handed over instead of copied. */
function ownedBy(outcome: unknown): ArrayBuffer[] {
  const parts = outcome instanceof Uint8Array ? [outcome] : Object.values(outcome as object);
  return parts
    .filter((part) => part instanceof Uint8Array && part.byteLength > 0 && part.byteLength === part.buffer.byteLength)
    .map((part) => (part as Uint8Array<ArrayBuffer>).buffer);
}
