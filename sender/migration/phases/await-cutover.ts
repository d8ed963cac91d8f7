import { setTimeout as sleep } from 'node:timers/promises';
import { blackoutAt } from '../calendar.ts';
import type { Learned, Move } from '../move.ts';
import type { Tools } from '../phase.ts';
import { isFresh, isSmall, type Round } from '../round.ts';
import { mayStop } from './await-window.ts';
import { plug } from './plug.ts';
import { copyRound, releaseRounds } from './precopy.ts';

/**
 * Pause between two looks at the clock and the wishes, in ms. There is no limit: an operator may
 * take days.
 */
const lookMs = 250;

/**
 * Waits until the plan or the operator allows the stop; further rounds keep the rest small. Other
 * moves have the slot meanwhile, so everything is checked again once it is back, and what was
 * prepared, too: it may be gone.
 */
export async function awaitCutover(move: Move, tools: Tools): Promise<Learned> {
  let prepared: Learned;
  do {
    while (!mayCutOver(move, tools)) await tools.withoutSlot(() => untilReady(move, tools));
    prepared = await plug(move, tools);
  } while (!mayCutOver(move, tools));
  // An interruption may have left snapshots of an unfinished round.
  await releaseRounds(move, tools);
  const forecast = tools.forecastOf(move);
  return forecast === null ? prepared : { ...prepared, forecast };
}

async function untilReady(move: Move, tools: Tools): Promise<void> {
  while (!mayCutOver(move, tools)) {
    if (isRoundDue(move, tools)) await copyRound(move, tools);
    else await sleep(lookMs, undefined, { signal: tools.signal });
  }
}

function mayCutOver(move: Move, tools: Tools): boolean {
  const { server, cutover } = move;
  if (tools.isCutoverAsked(server.id)) return true;
  if (tools.delayLeftMs() > 0 || !mayStop(move, tools)) return false;
  if (cutover === 'manual') return false;
  if (cutover.startsWith('at ')) return Date.now() >= timeOf(cutover);
  const last = tools.rounds.of(server.id).at(-1);
  if (last === undefined || !isFresh(last, tools.options, Date.now())) return false;
  return cutover === 'now' || isSmall(last, tools.options);
}

/** A round is due after an interval, unless it would delay the cutover or there is a blackout. */
function isRoundDue({ server, cutover, calendar }: Move, { rounds, options }: Tools): boolean {
  if (calendar !== undefined && blackoutAt(calendar, Date.now()) !== null) return false;
  const last = rounds.of(server.id).at(-1);
  if (last === undefined) return true;
  const end = Date.now() + lengthOf(last);
  return !isFresh(last, options, Date.now()) && (!cutover.startsWith('at ') || end < timeOf(cutover));
}

function lengthOf({ snapshot_ms, copy_ms }: Round): number {
  return snapshot_ms + copy_ms;
}

function timeOf(cutover: string): number {
  return Date.parse(cutover.slice('at '.length));
}
