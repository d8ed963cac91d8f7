/**
 * Resolves with a work, or when so many milliseconds are over; the work goes on. Rejects where the
 * work does so before.
 */
export async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, timeoutMs);
  await Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
