/**
 * Waits for what `begin` resolves or rejects, or throws the reason of the first of `signals` that
 * aborts. Nothing stays behind on the signals, which may live far longer than the wait.
 */
export async function abortable<T>(
  signals: readonly AbortSignal[],
  begin: (resolve: (value: T) => void, reject: (reason: Error) => void) => void,
): Promise<T> {
  for (const signal of signals) signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const giveUp = (event: Event): void => reject((event.target as AbortSignal).reason as Error);
  for (const signal of signals) signal.addEventListener('abort', giveUp);
  try {
    begin(resolve, reject);
    return await promise;
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', giveUp);
  }
}
