import { setTimeout as sleep } from 'node:timers/promises';
import type { Learned, Move, Tools } from '../phase.ts';
import { isFresh, isSmall, type Round } from '../round.ts';
import { copyRound, releaseRounds } from './precopy.ts';

/** How often the clock and the operator's wishes are looked at: milliseconds. There is no limit: an operator may take days. */
const lookMs = 250;

/** Waits until the server may be stopped, by the plan's policy or because the operator asked; further rounds meanwhile keep the last delta small. */
export async function awaitCutover(move: Move, tools: Tools): Promise<Learned> {
  await tools.aside(async () => {
    while (!mayCutOver(move, tools)) {
      if (isRoundDue(move, tools)) await copyRound(move, tools);
      else await sleep(lookMs, undefined, { signal: tools.signal });
    }
  });
  // What a cut left of a round under way.
  await releaseRounds(move, tools);
  const forecast = tools.forecastOf(move);
  return forecast === null ? {} : { forecast };
}

function mayCutOver({ server, cutover }: Move, tools: Tools): boolean {
  if (tools.isCutoverAsked(server.id)) return true;
  if (cutover === 'manual') return false;
  if (cutover.startsWith('at ')) return Date.now() >= timeOf(cutover);
  const last = tools.rounds.of(server.id).at(-1);
  if (last === undefined || !isFresh(last, tools.options, Date.now())) return false;
  return cutover === 'now' || isSmall(last, tools.options);
}

/** A round is due when the last one ended an interval ago, unless it would delay the cutover. */
function isRoundDue({ server, cutover }: Move, { rounds, options }: Tools): boolean {
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
