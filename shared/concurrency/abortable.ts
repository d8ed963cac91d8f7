/**
 * Waits for what `begin` resolves or rejects, or throws the reason of the first of `signals` that
 * aborts, after `stop`. Nothing stays behind on the signals, which may live far longer than the
 * wait.
 */
export async function abortable<T>(
  signals: readonly AbortSignal[],
  begin: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
  stop?: () => void,
): Promise<T> {
  for (const signal of signals) signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const letGo = (): void => {
    for (const signal of signals) signal.removeEventListener('abort', giveUp);
  };
  const giveUp = (event: Event): void => {
    letGo();
    stop?.();
    reject((event.target as AbortSignal).reason as Error);
  };
  for (const signal of signals) signal.addEventListener('abort', giveUp);
  try {
    // What was resolved is never stopped, even if a signal aborts before the caller goes on.
    begin(
      (value) => {
        letGo();
        resolve(value);
      },
      (reason) => {
        letGo();
        reject(reason as Error);
      },
    );
    return await promise;
  } finally {
    letGo();
  }
}
