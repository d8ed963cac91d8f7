import type { Params, Requests, Result, SaidBy } from '../../protocol/messages.ts';
import { Problem } from '../../shared/problem.ts';
import { say } from './hand-over.ts';
import type { Peer } from './peer.ts';

/**
 * How long somebody at a terminal waits for the receiver to be reached, how often it is looked
 * whether it is, and how long for its answer (it asks its cloud for everything): milliseconds.
 */
const reachTimeoutMs = 30_000;
const reachIntervalMs = 50;
const answerTimeoutMs = 10 * 60_000;

/**
 * Asks the receiver for somebody who waits: throws what keeps it away rather than wait for it to
 * come back.
 */
export async function askNow<N extends Requests & SaidBy<'sender'>>(
  peer: Peer,
  name: N,
  params: Params<N>,
  signal: AbortSignal,
): Promise<Result<N>> {
  const { state, problem: before } = peer.state;
  if (state !== 'connected' && before?.retry === 'never') throw before;
  const away = new AbortController();
  const giveUpAt = performance.now() + reachTimeoutMs;
  const look = setInterval(() => {
    const { problem, says } = peer.state;
    // One more attempt, the one under way or the next, is all that somebody at a terminal waits
    // for.
    if (problem !== null && problem !== before) away.abort(problem);
    else if (performance.now() > giveUpAt) away.abort(problem ?? new Problem('E_PEER_UNREACHABLE', says));
  }, reachIntervalMs);
  const connection = await peer.connected(AbortSignal.any([signal, away.signal])).finally(() => clearInterval(look));
  return say(connection, name, params, { signal, timeoutMs: answerTimeoutMs });
}
