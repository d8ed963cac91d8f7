import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { Connection, type ConnectionOptions } from '../../protocol/connection/connection.ts';
import { limits } from '../../protocol/limits.ts';
import type { Handlers } from '../../protocol/messages.ts';
import { LaneCount } from '../../protocol/pacing/lane-count.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import type { Log } from '../../shared/log.ts';
import { asProblem } from '../../shared/problem.ts';
import type { LaneBudget } from './lane-budget.ts';

/** How many connections carry data: a number, or as many as the line asks for. */
export type Connections = 'auto' | number;

/** What lanes are opened with. */
export interface LaneTools {
  readonly connections: Connections;
  /** Bounds the lanes of all sessions that have as many as the line asks for. */
  readonly budget: LaneBudget;
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
 * Lanes that are opened at once: an SSH server drops logins beyond ten (sshd_config, MaxStartups).
 */
const openingAtOnce = 8;

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
    const wanted = tools.connections === 'auto' ? given(main, count, tools.budget) : tools.connections;
    main.keepLanes(wanted);
    const refusal = await openLanes(wanted - main.wire.lanes, main, session, tools, ends);
    if (refusal !== undefined && !ends.aborted) {
      tools.log.warn({ problem: asProblem(refusal), lanes: main.wire.lanes }, 'a lane could not be opened');
      count.refused(main.wire, performance.now());
    }
    // The one rejection of a sleep is the abort, which the loop sees by itself.
    await sleep(refusal === undefined ? lookMs : againMs, undefined, { signal: ends }).catch(() => undefined);
  }
  tools.budget.giveBack(main);
}

/** As many lanes as the line asks for, and the other sessions leave. */
function given(main: Connection<'sender'>, count: LaneCount, budget: LaneBudget): number {
  const now = performance.now();
  const asked = count.next(main.wire, now);
  const lanes = budget.give(main, asked);
  if (lanes < asked) count.refused({ ...main.wire, lanes }, now);
  return lanes;
}

/**
 * Opens lanes, some side by side, for each takes five round trips. Returns why one could not be
 * opened; no further one is tried then.
 */
async function openLanes(
  lanes: number,
  main: Connection<'sender'>,
  session: string,
  tools: LaneTools,
  signal: AbortSignal,
): Promise<unknown> {
  if (lanes <= 0) return undefined;
  try {
    await inParallel([...Array(lanes).keys()], openingAtOnce, () => openLane(main, session, tools, signal));
  } catch (refusal) {
    return refusal;
  }
  tools.log.info({ lanes: main.wire.lanes }, 'lanes are open');
  return undefined;
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
