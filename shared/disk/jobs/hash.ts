import { createHash, type Hash } from 'node:crypto';
import { Problem } from '../../problem.ts';
import { giveBack } from '../give-back.ts';

/** A step of a digest over a stream: its next bytes, its end, or that nobody wants it any more. */
export interface HashJob {
  readonly stream: number;
  readonly algorithm: string;
  /** How many bytes of the stream came before. */
  readonly at: number;
  readonly step: Uint8Array | 'end' | 'forget';
}

/** The streams that this thread has begun, with how many of their bytes it has. */
const streams = new Map<number, { readonly hash: Hash; bytes: number }>();

/**
 * Takes a step, whose bytes MUST NOT be used any more; returns the digest as lower-case hex at the
 * end, and nothing before.
 */
export function hash({ stream, algorithm, at, step }: HashJob): string {
  const known = streams.get(stream) ?? { hash: createHash(algorithm), bytes: 0 };
  if (step === 'forget' || step === 'end') streams.delete(stream);
  else streams.set(stream, known);
  if (step === 'forget') return '';
  // A thread that died took what it had along.
  if (known.bytes !== at) throw new Problem('E_BUG', `Of ${at} bytes that were to be digested ${known.bytes} are here.`);
  if (step === 'end') return known.hash.digest('hex');
  known.hash.update(step);
  known.bytes += step.length;
  giveBack(step);
  return '';
}
