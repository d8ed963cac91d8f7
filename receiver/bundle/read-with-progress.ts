import { type BundleVisitor, readBundle } from './read.ts';

/**
 * Reads a bundle and yields what its visitor reports; ends with the reading's result or error.
 * `begin` makes the visitor.
 */
export async function* readWithProgress<News>(
  bundle: AsyncIterable<Buffer>,
  begin: (report: (news: News) => void) => { readonly visitor: BundleVisitor; readonly end: () => Promise<void> },
  signal: AbortSignal,
): AsyncGenerator<News> {
  const news: News[] = [];
  let woken = Promise.withResolvers<void>();
  const { visitor, end } = begin((one) => {
    news.push(one);
    woken.resolve();
  });
  let over = false;
  const read = async (): Promise<void> => {
    try {
      await readBundle(until(signal, bundle), visitor, signal);
    } finally {
      await end();
      over = true;
      woken.resolve();
    }
  };
  const reading = read();
  reading.catch(() => undefined);
  while (!over || news.length > 0) {
    yield* news.splice(0);
    if (!over) await woken.promise;
    woken = Promise.withResolvers<void>();
  }
  await reading;
}

/** Yields bytes until the signal aborts, even while none come. */
async function* until(signal: AbortSignal, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = bytes[Symbol.asyncIterator]();
  const next = (): Promise<IteratorResult<Buffer>> =>
    new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      const over = (): void => signal.removeEventListener('abort', stop);
      iterator.next().then(resolve, reject).finally(over);
    });
  try {
    signal.throwIfAborted();
    for (let got = await next(); !got.done; got = await next()) yield got.value;
  } finally {
    // This is not awaited: a silent source does not end before it sends something.
    iterator.return?.().catch(() => undefined);
  }
}
