import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { Connection, type ConnectionOptions } from '../../protocol/connection/connection.ts';
import { limits } from '../../protocol/limits.ts';
import type { Handlers } from '../../protocol/messages.ts';
import { LaneCount } from '../../protocol/pacing/lane-count.ts';
import type { Log } from '../../shared/log.ts';
import { asProblem } from '../../shared/problem.ts';

/** How many connections carry data: a number, or as many as the line asks for. */
export type Connections = 'auto' | number;

/** What lanes are opened with. */
export interface LaneTools {
  readonly connections: Connections;
  /** Opens a socket to the receiver, the same way as the main connection's. */
  readonly dial: (signal: AbortSignal) => Promise<WebSocket>;
  readonly options: ConnectionOptions<'sender'>;
  readonly handlers: (lane: Connection<'sender'>) => Handlers<'sender'>;
  readonly log: Log;
}

/** Between two looks at the line, and after a lane that could not be opened: milliseconds. */
const lookMs = 250;
const againMs = 10_000;

/**
 * Opens the lanes of a session, and more or fewer as the line asks for, until the session or
 * `signal` ends. A lane that cannot be opened is tried again later. Never throws.
 */
export async function keepLanes(
  main: Connection<'sender'>,
  session: string,
  tools: LaneTools,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  void main.closed.then(({ says }) => over.abort(new Error(says)));
  const ends = AbortSignal.any([signal, over.signal]);
  const count = new LaneCount(limits);
  while (!ends.aborted) {
    const wanted = tools.connections === 'auto' ? count.next(main.wire, performance.now()) : tools.connections;
    main.keepLanes(wanted);
    const refusal = await openLanes(wanted - main.wire.lanes, main, session, tools, ends);
    if (refusal !== undefined && !ends.aborted) {
      tools.log.warn({ problem: asProblem(refusal), lanes: main.wire.lanes }, 'a lane could not be opened');
      count.refused(main.wire, performance.now());
    }
    // The one rejection of a sleep is the abort, which the loop sees by itself.
    await sleep(refusal === undefined ? lookMs : againMs, undefined, { signal: ends }).catch(() => undefined);
  }
}

/** Opens lanes side by side: each takes five round trips. Returns why one could not be opened. */
async function openLanes(
  lanes: number,
  main: Connection<'sender'>,
  session: string,
  tools: LaneTools,
  signal: AbortSignal,
): Promise<unknown> {
  if (lanes <= 0) return undefined;
  const opening = Array.from({ length: lanes }, () => openLane(main, session, tools, signal));
  const ends = await Promise.allSettled(opening);
  const refused = ends.filter((end) => end.status === 'rejected');
  if (refused.length < lanes) tools.log.info({ lanes: main.wire.lanes }, 'lanes are open');
  return refused[0]?.reason;
}

async function openLane(main: Connection<'sender'>, session: string, tools: LaneTools, signal: AbortSignal): Promise<void> {
  const lane = new Connection(await tools.dial(signal), tools.options);
  const end = (): void => void lane.close('The session is over.');
  signal.addEventListener('abort', end, { once: true });
  try {
    // One whose socket opened while the session ended hears of no abort any more.
    signal.throwIfAborted();
    await lane.open(tools.handlers(lane));
    await lane.request('session.join', { session }, { signal });
    main.carry(lane);
  } catch (error) {
    void lane.close('The lane is not needed.');
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
