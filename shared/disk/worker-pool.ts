import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FairQueue } from '../concurrency/fair-queue.ts';
import { asProblem, fromJson, Problem } from '../problem.ts';
import { BufferPool, type PageBuffer } from './buffer-pool.ts';
import type { JobName, JobOutcome, Task } from './jobs.ts';
import { ownedBy } from './owned.ts';
import type { Order, WorkerAnswer } from './worker.ts';

/** How much a pool may take. */
export interface WorkerPoolOptions {
  /** Worker threads; the number of cores, at most 4, unless given. */
  readonly size?: number;
  /** Pages of 4 MiB that may be held in memory at once. */
  readonly buffers?: number;
}

/**
 * How a job is asked. `turn` names whose work it is, usually a disk: the turns are served in
 * rotation.
 */
export interface JobOptions {
  readonly turn: object;
  /** Goes before what else waits in the same turn. */
  readonly urgent?: boolean;
  /**
   * Bytes of the task that are handed over where they have a buffer for themselves; the caller
   * MUST NOT use them again.
   */
  readonly gives?: readonly Uint8Array[];
}

interface Job {
  readonly order: Order;
  readonly gives: readonly ArrayBuffer[];
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (problem: Problem) => void;
  readonly done: Promise<unknown>;
}

/** One thread, and the jobs it was given, oldest first. */
interface PoolWorker {
  readonly thread: Worker;
  readonly jobs: Job[];
  /** Resolves when the thread is gone. */
  readonly gone: Promise<void>;
}

const usualBuffers = 8;

/** Jobs given to a thread ahead of need, so that it does not wait for this thread between two. */
const jobsAtHand = 2;

/**
 * The threads that read, digest, compress, check and write for all disks of a daemon, and their
 * memory; the event loop only moves frames. Idle threads do not keep the process alive.
 */
export class WorkerPool {
  readonly size: number;
  readonly #buffers: BufferPool;
  readonly #turns = new FairQueue<Job>();
  readonly #workers = new Set<PoolWorker>();
  #closed: Problem | null = null;
  #waiting = 0;

  constructor({ size = Math.min(4, availableParallelism()), buffers = usualBuffers }: WorkerPoolOptions = {}) {
    this.size = size;
    this.#buffers = new BufferPool(buffers);
  }

  /**
   * Starts the threads: work is going to come, and each takes a fifth of a second until it can do
   * any.
   */
  start(): void {
    while (this.#closed === null && this.#workers.size < this.size) this.#hire();
  }

  /** Jobs that wait for a thread, and those under way. */
  get load(): { readonly waiting: number; readonly working: number } {
    const working = [...this.#workers].reduce((sum, { jobs }) => sum + jobs.length, 0);
    return { waiting: this.#waiting, working };
  }

  /**
   * Memory for one page, as soon as there is some; with `beyond` it may be one of so many more
   * than the usual number. MUST be released. Throws the signal's reason.
   */
  buffer(turn: object, signal: AbortSignal, beyond = 0): Promise<PageBuffer> {
    return this.#buffers.take(turn, signal, beyond);
  }

  /**
   * Has a job done by a thread, and returns what it returns. Throws the problem the job met, or
   * E_CANCELLED from a pool that is closed.
   */
  run<N extends JobName>(name: N, task: Task<N>, { turn, urgent = false, gives }: JobOptions): Promise<JobOutcome<N>> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#closed !== null) return Promise.reject(this.#closed);
    this.#turns.add(turn, { order: { name, task }, gives: ownedBy(gives ?? []), resolve, reject, done: promise }, urgent);
    this.#waiting += 1;
    this.#assign();
    return promise as Promise<JobOutcome<N>>;
  }

  /**
   * Lets the jobs under way end, refuses the waiting ones and ends the threads. May be repeated.
   */
  async close(): Promise<void> {
    this.#closed ??= new Problem('E_CANCELLED', 'The daemon is stopping.');
    for (const { reject } of this.#turns.clear()) reject(this.#closed);
    this.#waiting = 0;
    await Promise.all([...this.#workers].map(end));
  }

  /**
   * Gives waiting jobs to the threads with the least to do, and starts a thread where all are busy
   * and one more is allowed.
   */
  #assign(): void {
    while (this.#waiting > 0) {
      const worker = this.#freest();
      if (worker === undefined) return;
      const job = this.#turns.next();
      if (job === undefined) return;
      this.#waiting -= 1;
      this.#give(worker, job);
    }
  }

  #give(worker: PoolWorker, job: Job): void {
    try {
      worker.thread.postMessage(job.order, job.gives);
    } catch (error) {
      job.reject(asProblem(error));
      return;
    }
    if (worker.jobs.length === 0) worker.thread.ref();
    worker.jobs.push(job);
  }

  #freest(): PoolWorker | undefined {
    let freest: PoolWorker | undefined;
    for (const worker of this.#workers) if (freest === undefined || worker.jobs.length < freest.jobs.length) freest = worker;
    if ((freest === undefined || freest.jobs.length > 0) && this.#workers.size < this.size) return this.#hire();
    return freest !== undefined && freest.jobs.length < jobsAtHand ? freest : undefined;
  }

  #hire(): PoolWorker {
    // In a build the worker lies beside us as JavaScript. Large buffers lie outside the heap, so a
    // young generation of the usual size would be most of a thread.
    const resourceLimits = { maxYoungGenerationSizeMb: 8 };
    const thread = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), { resourceLimits });
    const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    const worker: PoolWorker = { thread, jobs: [], gone };
    thread.on('message', (answer: WorkerAnswer) => this.#hear(worker, answer));
    thread.on('error', (error: Error) => this.#lose(worker, error.message));
    thread.on('exit', (code) => this.#lose(worker, `it ended with ${code}`));
    thread.unref();
    this.#workers.add(worker);
    return worker;
  }

  #hear(worker: PoolWorker, answer: WorkerAnswer): void {
    const job = worker.jobs.shift();
    if (worker.jobs.length === 0) worker.thread.unref();
    if ('problem' in answer) job?.reject(fromJson(answer.problem));
    else job?.resolve(answer.outcome);
    this.#assign();
  }

  /** A thread that dies takes its own jobs along; the next job gets another thread. */
  #lose(worker: PoolWorker, why: string): void {
    this.#workers.delete(worker);
    for (const { order, reject } of worker.jobs.splice(0))
      reject(this.#closed ?? new Problem('E_BUG', `A worker thread broke over ${order.name}: ${why}.`));
    this.#assign();
  }
}

/**
 * Ends a thread when it has done the jobs that it was given. It is asked, not terminated: a thread
 * that is terminated while it loads a native module takes the whole process along.
 */
async function end({ thread, gone }: PoolWorker): Promise<void> {
  thread.ref();
  thread.postMessage('end');
  await gone;
}
