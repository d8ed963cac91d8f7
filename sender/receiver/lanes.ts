import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { Connection, type ConnectionOptions } from '../../protocol/connection/connection.ts';
import type { LineStatus } from '../../protocol/connection/lanes.ts';
import { limits } from '../../protocol/limits.ts';
import type { Handlers } from '../../protocol/messages.ts';
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
const lookMs = 1_000;
const againMs = 10_000;

/**
 * What one connection of TCP may have on its way where kernels are left as they come: bytes; half
 * of what Linux calls tcp_rmem.
 */
const tcpBytes = 2 * 1024 * 1024;

/**
 * How many looks in a row must ask for another lane: a busy machine makes a line look long for a
 * moment.
 */
const looks = 3;

/** How many lanes a line asks for: one, or as many as fill it where one window of TCP does not. */
export function lanesFor({ bytesPerSecond, rttMs = 0 }: Pick<LineStatus, 'bytesPerSecond' | 'rttMs'>): number {
  return Math.max(1, Math.min(limits.lanes, Math.ceil((bytesPerSecond * rttMs) / 1000 / tcpBytes)));
}

/**
 * Opens the lanes of a session, and more as the line proves long and fast, until the session or
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
  for (let asked = looks; !ends.aborted; ) {
    const wanted = tools.connections === 'auto' ? lanesFor(main.wire) : tools.connections;
    asked = main.wire.lanes < wanted ? asked + 1 : 0;
    let pauseMs = lookMs;
    if (asked >= looks || (asked > 0 && tools.connections !== 'auto')) {
      try {
        await openLane(main, session, tools, ends);
        asked = 0;
        if (tools.connections !== 'auto') continue;
      } catch (error) {
        if (ends.aborted) return;
        tools.log.warn({ problem: asProblem(error), lanes: main.wire.lanes }, 'a lane could not be opened');
        pauseMs = againMs;
      }
    }
    // The one rejection of a sleep is the abort, which the loop sees by itself.
    await sleep(pauseMs, undefined, { signal: ends }).catch(() => undefined);
  }
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
    tools.log.info({ lanes: main.wire.lanes }, 'a lane is open');
  } catch (error) {
    void lane.close('The lane is not needed.');
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
