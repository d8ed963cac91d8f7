import { check } from './jobs/check.ts';
import { digest } from './jobs/digest.ts';
import { hash } from './jobs/hash.ts';
import { pack } from './jobs/pack.ts';
import { pieces } from './jobs/pieces.ts';
import { punch } from './jobs/punch.ts';
import { unpack } from './jobs/unpack.ts';

/**
 * Everything a worker thread can be asked to do, on one page. A job is a plain function: it reads,
 * works and writes while its thread waits.
 */
export const jobs = { digest, hash, pieces, pack, unpack, check, punch } as const;

type Jobs = typeof jobs;

/** The name of a job. */
export type JobName = keyof Jobs;

/** The task of a job. */
export type Task<N extends JobName> = Parameters<Jobs[N]>[0];

/** What a job returns. */
export type JobOutcome<N extends JobName> = ReturnType<Jobs[N]>;
