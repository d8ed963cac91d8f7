import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { asProblem, type Problem } from '../../shared/problem.ts';

/** What became of the connection, for status and log. */
export type ConnectionState =
  | { readonly is: 'dialling'; readonly attempt: number }
  | { readonly is: 'connected' }
  /** A `final` problem needs a person, maybe at the other end, so it is retried slowly. */
  | { readonly is: 'waiting'; readonly delayMs: number; readonly problem: Problem | undefined; readonly final: boolean };

/** How long to wait between two attempts. */
export interface ReconnectDelays {
  /** Doubled at every failure in a row: a restarting peer is back in a second. */
  readonly firstMs: number;
  /** The longest pause: a link may have been repaired without anybody telling us. */
  readonly longestMs: number;
  /** After a final problem. */
  readonly finalMs: number;
  /** A connection that held this long was good even when idle, so the doubling begins anew. */
  readonly goodMs: number;
}

const defaultPatience: ReconnectDelays = { firstMs: 1_000, longestMs: 30_000, finalMs: 60_000, goodMs: 30_000 };

/** What to do with a connection, and callbacks. */
export interface KeepOptions {
  /** Ends everything; `keepConnected` returns when it aborts. */
  readonly signal: AbortSignal;
  /**
   * Runs one session; when it settles, the socket is closed and dialled anew. MUST add its
   * listeners before its first wait. Calls `progressed` when the session was of use.
   */
  readonly onSocket: (socket: WebSocket, progressed: () => void) => Promise<void>;
  readonly onState: (state: ConnectionState) => void;
  readonly patience?: Partial<ReconnectDelays>;
  /** A number from 0 to 1, for jitter. */
  readonly random?: () => number;
}

/** Dials again and again, with growing pauses, until the signal aborts; then returns. */
export async function keepConnected(dialOnce: (signal: AbortSignal) => Promise<WebSocket>, options: KeepOptions): Promise<void> {
  const { signal, onState, random = Math.random } = options;
  const patience = { ...defaultPatience, ...options.patience };
  let failures = 0;
  while (!signal.aborted) {
    onState({ is: 'dialling', attempt: failures + 1 });
    const { problem, heldMs, progressed } = await liveOnce(dialOnce, options);
    if (signal.aborted) return;
    failures = progressed || heldMs >= patience.goodMs ? 1 : failures + 1;
    const final = problem?.retry === 'never';
    const delayMs = Math.round(final ? patience.finalMs : backOff(patience, failures, random()));
    onState({ is: 'waiting', delayMs, problem, final });
    // The one rejection of a sleep is the abort, which the loop sees by itself.
    await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * The pause before the next attempt, doubled each time and drawn from its upper half, so that many
 * senders do not dial at once.
 */
export function backOff(patience: Pick<ReconnectDelays, 'firstMs' | 'longestMs'>, failures: number, random: number): number {
  const whole = Math.min(patience.longestMs, patience.firstMs * 2 ** Math.min(failures - 1, 30));
  return whole / 2 + (whole / 2) * random;
}

/** One connection: why it ended, how long it held, and whether it was of use. */
async function liveOnce(
  dialOnce: (signal: AbortSignal) => Promise<WebSocket>,
  { signal, onSocket, onState }: KeepOptions,
): Promise<{ problem: Problem | undefined; heldMs: number; progressed: boolean }> {
  let openedAt: number | undefined;
  let socket: WebSocket | undefined;
  let progressed = false;
  const heldMs = (): number => (openedAt === undefined ? 0 : performance.now() - openedAt);
  try {
    socket = await dialOnce(signal);
    openedAt = performance.now();
    const session = onSocket(socket, () => {
      progressed = true;
    });
    onState({ is: 'connected' });
    await session;
    return { problem: undefined, heldMs: heldMs(), progressed };
  } catch (error) {
    return { problem: asProblem(error), heldMs: heldMs(), progressed };
  } finally {
    socket?.close(1000);
  }
}
