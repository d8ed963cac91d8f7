/** How patient a spool is, in milliseconds. */
export interface SpoolTiming {
  /** A file that has not changed for this long is read. */
  readonly settleMs: number;
  /** A file that seems incomplete by then is given this long before it is taken as it is. */
  readonly graceMs: number;
  /** Between two looks at files that have not settled. */
  readonly lookMs: number;
  /** Between two scans without an event: events get lost, and network file systems send none. */
  readonly scanMs: number;
  /** Before a passing problem is tried again; doubled each time, up to `longestAgainMs`. */
  readonly againMs: number;
  readonly longestAgainMs: number;
}

/** The times of a spool, unless a test is in a hurry. */
export const defaultTiming: SpoolTiming = {
  settleMs: 1_000,
  graceMs: 10_000,
  lookMs: 250,
  scanMs: 10_000,
  againMs: 5_000,
  longestAgainMs: 300_000,
};
