import { abortable } from '../../shared/concurrency/abortable.ts';
import { Condition } from '../../shared/concurrency/condition.ts';
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
  const progressed = new Condition();
  const { visitor, end } = begin((one) => {
    news.push(one);
    progressed.notifyAll();
  });
  let over = false;
  const read = async (): Promise<void> => {
    try {
      await readBundle(whileWanted(signal, bundle), visitor, signal);
    } finally {
      await end();
    }
  };
  const reading = read().finally(() => {
    over = true;
    progressed.notifyAll();
  });
  reading.catch(() => undefined);
  while (!over || news.length > 0) {
    yield* news.splice(0);
    if (!over && news.length === 0) await progressed.wait();
  }
  await reading;
}

/** Yields bytes until the signal aborts, even while none come. */
async function* whileWanted(signal: AbortSignal, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = bytes[Symbol.asyncIterator]();
  const next = (): Promise<IteratorResult<Buffer>> =>
    abortable([signal], (resolve, reject) => void iterator.next().then(resolve, reject));
  try {
    for (let got = await next(); !got.done; got = await next()) yield got.value;
  } finally {
    // This is not awaited: a silent source does not end before it sends something.
    iterator.return?.().catch(() => undefined);
  }
}
