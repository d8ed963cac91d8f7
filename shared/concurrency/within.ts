/** Waits for `work`, at most so many milliseconds; it goes on. Rejects where it does so in time. */
export async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, timeoutMs);
  await Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
