/** How long an answer is still waited for once nobody wants it any more: milliseconds. */
const graceMs = 10_000;

/**
 * A signal that aborts some seconds after another one: a change that was sent takes effect although
 * we go away, so its answer is waited for, and whoever undoes it sees it. `release` MUST be called
 * once the answer has come.
 */
export function graced(signal: AbortSignal): { readonly signal: AbortSignal; readonly release: () => void } {
  const later = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => later.abort(signal.reason), graceMs);
  };
  // What has not been sent yet is not sent any more.
  if (signal.aborted) later.abort(signal.reason);
  else signal.addEventListener('abort', begin, { once: true });
  const release = (): void => {
    signal.removeEventListener('abort', begin);
    clearTimeout(timer);
  };
  return { signal: later.signal, release };
}
