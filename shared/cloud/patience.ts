/** Limits of one wait: every wait ends by success, by failure, by its limit or by the signal. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Aborts when nobody wants a removal any more: what was not sent by then is not sent. */
  readonly wanted?: AbortSignal | undefined;
}
