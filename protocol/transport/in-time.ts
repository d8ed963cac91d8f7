import type { Problem } from '../../shared/problem.ts';

/**
 * Runs one part of connecting within its own limit, so that people learn which part is slow.
 * `work` MUST end soon after its signal aborts. Throws the caller's reason, or `late()`.
 */
export async function inTime<T>(
  limitMs: number,
  signal: AbortSignal,
  late: () => Problem,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(limitMs);
  try {
    return await work(AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) throw late();
    throw error;
  }
}
