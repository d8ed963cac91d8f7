/** Limits of one wait: every wait ends by success, by failure, by its limit or by the signal. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}
