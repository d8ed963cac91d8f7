/**
 * Runs `work` over items, at most `width` at a time; the first failure ends it, after what is under
 * way has ended.
 */
export async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const workOff = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const item = items[next++] as T;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, workOff));
  const failure = ends.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
