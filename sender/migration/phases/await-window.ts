import { setTimeout as sleep } from 'node:timers/promises';
import { blackoutAt, closesAt, isOpen } from '../calendar.ts';
import type { Move, Tools } from '../phase.ts';

/** How often the clock, which may jump, and the operator's wishes are looked at: milliseconds. There is no limit: a window may be days away. */
const lookMs = 250;

/** Waits until the plan's calendar lets the server be stopped, or the operator asks for it. */
export async function awaitWindow(move: Move, tools: Tools): Promise<undefined> {
  while (!isLetGo(move, tools)) await sleep(lookMs, undefined, { signal: tools.signal });
}

/** Whether the calendar lets a server be stopped now: it is open, and the forecast of its downtime, where it runs and there is one, fits into what is left. */
export function isLetGo(move: Move, { isCutoverAsked, forecastOf }: Tools): boolean {
  const { calendar, server } = move;
  if (calendar === undefined || isCutoverAsked(server.id)) return true;
  const now = Date.now();
  if (!isOpen(calendar, now)) return false;
  const end = closesAt(calendar, now);
  return end === null || end - now >= (move.learned.was === 'running' ? (forecastOf(move)?.downtimeMs ?? 0) : 0);
}

/** Whether the wait need not begin again after an interruption: the server may be stopped now, or is down already and is always moved to its end. */
export async function isStillLetGo(move: Move, tools: Tools): Promise<boolean> {
  if (isLetGo(move, tools)) return true;
  if (move.learned.was !== 'running') return false;
  const { power, busy } = await tools.source.state(move.server.id, tools.signal);
  return power !== 'running' || busy !== null;
}

/** Waits while a blackout lasts: nothing new is done to a server then, not even a snapshot. */
export async function outlastBlackout({ server, calendar }: Move, { isCutoverAsked, signal }: Tools): Promise<void> {
  while (calendar !== undefined && blackoutAt(calendar, Date.now()) !== null && !isCutoverAsked(server.id))
    await sleep(lookMs, undefined, { signal });
}

/** Which moves have a calendar to wait for; those copied while they run do so with their cutover. */
export function waitsForWindow({ warm, calendar, learned }: Move): boolean {
  return calendar !== undefined && !(warm && learned.was === 'running');
}
