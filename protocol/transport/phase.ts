import type { Problem } from '../../shared/problem.ts';

/**
 * Runs one phase of connecting within its own limit, so that people learn which part is slow.
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

/**
 * Builds a promise from events: `start` adds listeners, `stop` undoes them if the signal aborts.
 */
export async function fromEvents<T>(
  signal: AbortSignal,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  stop: () => void,
): Promise<T> {
  signal.throwIfAborted();
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      stop();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', onAbort);
    start(
      (value) => {
        settled();
        resolve(value);
      },
      (error) => {
        settled();
        reject(error as Error);
      },
    );
  });
}
