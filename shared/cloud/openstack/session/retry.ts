import { setTimeout as sleep } from 'node:timers/promises';
import { Problem, type ProblemCode } from '../../../problem.ts';
import { cancelled, type Incoming, neverSent } from './transport.ts';

/** How often, and for how long in total, one call is sent again: milliseconds. */
const attempts = 6;
const budgetMs = 120_000;
/** The longest pause that a cloud may ask for: milliseconds. */
const longestPauseMs = 60_000;

/** What came of one request, as far as it matters for another. */
type Outcome = Pick<Incoming, 'status' | 'headers'> | Problem;

/** How long to wait before the next attempt; null when there is none. */
export interface RetryPatience {
  next(outcome: Outcome): number | null;
}

/**
 * GET, HEAD, PUT and DELETE may be repeated; a POST only where it certainly was not carried out.
 */
export function patienceFor(call: { readonly method: string; readonly content?: unknown }): RetryPatience {
  const safe = call.method !== 'POST' && call.method !== 'PATCH' && call.content === undefined;
  const until = performance.now() + budgetMs;
  let attempt = 0;
  return {
    next(outcome) {
      attempt += 1;
      if (attempt >= attempts || !mayRepeat(outcome, safe)) return null;
      const asked = outcome instanceof Problem ? undefined : retryAfter(outcome.headers['retry-after']);
      const delayMs = asked ?? pause(attempt);
      return performance.now() + delayMs > until ? null : delayMs;
    },
  };
}

function mayRepeat(outcome: Outcome, safe: boolean): boolean {
  if (outcome instanceof Problem) return neverSent(outcome) || (safe && outcome.retry === 'later');
  if (outcome.status === 429) return true;
  return safe && [502, 503, 504].includes(outcome.status);
}

/** Milliseconds that a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date). */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestPauseMs) : undefined;
}

/** Doubles from 250 ms, with jitter so that callers do not retry at the same time. */
function pause(attempt: number): number {
  return 250 * 2 ** (attempt - 1) * (0.5 + Math.random());
}

/**
 * What passes by itself when one exchange failed. A wait that reached its limit is no exchange: it
 * throws E_CLOUD_TIMEOUT and is over.
 */
const passing: readonly ProblemCode[] = ['E_CLOUD', 'E_CLOUD_UNREACHABLE'];

/**
 * Repeats something that may be repeated while it fails with one of the given problems, with the
 * same patience as one call.
 */
export async function retryingly<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
  codes: readonly ProblemCode[] = passing,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw cancelled(signal);
      if (!(error instanceof Problem) || attempt >= attempts || !codes.includes(error.code)) throw error;
      await sleep(pause(attempt), undefined, { signal }).catch(() => {
        throw cancelled(signal);
      });
    }
  }
}
