import { setTimeout as sleep } from 'node:timers/promises';
import { blackoutAt, closesAt, isOpen } from '../calendar.ts';
import type { Learned, Move } from '../move.ts';
import type { Tools } from '../phase.ts';
import { plug } from './plug.ts';

/**
 * Pause between two looks at the clock, which may jump, and the wishes, in ms. There is no limit: a
 * window may be days away.
 */
const lookMs = 250;

/**
 * Waits until the plan's calendar lets the server be stopped, or the operator asks for it. What was
 * prepared is looked at again after that: it may be gone.
 */
export async function awaitWindow(move: Move, tools: Tools): Promise<Learned> {
  for (;;) {
    while (!mayStop(move, tools)) await sleep(lookMs, undefined, { signal: tools.signal });
    const prepared = await plug(move, tools);
    if (mayStop(move, tools)) return prepared;
  }
}

/**
 * Whether a server may be stopped now: a window is open, and the forecast downtime fits into it.
 */
export function mayStop(move: Move, { isCutoverAsked, forecastOf }: Tools): boolean {
  const { calendar, server } = move;
  if (calendar === undefined || isCutoverAsked(server.id)) return true;
  const now = Date.now();
  if (!isOpen(calendar, now)) return false;
  const end = closesAt(calendar, now);
  return end === null || end - now >= (move.learned.was === 'running' ? (forecastOf(move)?.downtimeMs ?? 0) : 0);
}

/**
 * Whether the wait is still over after an interruption: the stop is allowed now, or has happened.
 */
export async function mayStillStop(move: Move, tools: Tools): Promise<boolean> {
  if (mayStop(move, tools)) return true;
  if (move.learned.was !== 'running') return false;
  const { power, busy } = await tools.source.state(move.server.id, tools.signal);
  return power !== 'running' || busy !== null;
}

/** Waits until a blackout ends: during one nothing new is begun, not even a snapshot. */
export async function awaitBlackoutEnd({ server, calendar }: Move, { isCutoverAsked, signal }: Tools): Promise<void> {
  while (calendar !== undefined && blackoutAt(calendar, Date.now()) !== null && !isCutoverAsked(server.id))
    await sleep(lookMs, undefined, { signal });
}

/** Moves that wait for the calendar in this phase; warm moves do so together with their cutover. */
export function waitsForWindow({ warm, calendar, learned }: Move): boolean {
  return calendar !== undefined && !(warm && learned.was === 'running');
}
