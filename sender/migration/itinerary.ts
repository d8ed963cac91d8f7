import { destinationHalf } from '../../shared/journey/destination-half.ts';
import type { Plan } from '../model/plan.ts';
import type { Move } from './move.ts';
import type { Phase } from './phase.ts';
import { freezeAlone, lookAlone } from './phases/alone.ts';
import { awaitCutover } from './phases/await-cutover.ts';
import { awaitWindow, mayStillStop, waitsForWindow } from './phases/await-window.ts';
import { copy, dropCopy } from './phases/copy.ts';
import { freeze, release } from './phases/freeze.ts';
import { freezeShared, isInGroup } from './phases/freeze-shared.ts';
import { look } from './phases/look.ts';
import { plug } from './phases/plug.ts';
import { forgetRounds, isWarm, precopy } from './phases/precopy.ts';
import { start, stop } from './phases/stop.ts';

/**
 * The whole journey of one server, in order from top to bottom; a volume that no server has and an
 * image skip the rows that are for servers. A rollback runs the undo column upwards (service
 * first), then the tidy column upwards.
 */
// biome-ignore format: a table is read by row
export const itinerary: readonly Phase[] = [
  { name: 'look', does: 'see whether the source server can be moved, and whether it runs; of a lone volume, that nothing uses it',
    side: 'source', run: either({ server: look, volume: lookAlone, image: lookAlone }) },

  // ── a pause ends these at once; what `plug` built stays for the next attempt ──
  { name: 'plug', does: 'create its ports and floating addresses, as far as the running server does not notice',
    for: 'server', side: 'destination', run: plug, halts: true },
  { name: 'precopy', does: 'while it runs: snapshot, pull what differs, forget the snapshot; again until little differs',
    for: 'server', side: 'both', run: precopy, tidy: forgetRounds, when: isWarm, halts: true, rounds: true },
  { name: 'await cutover', does: 'wait until it may be stopped; further rounds keep the rest small',
    for: 'server', side: 'both', run: awaitCutover, when: isWarm, halts: true, rounds: true, waitsFor: 'cutover', isOver: mayStillStop },
  { name: 'await window', does: 'wait until the calendar lets it be stopped',
    for: 'server', side: 'source', run: awaitWindow, when: waitsForWindow, halts: true, waitsFor: 'calendar', isOver: mayStillStop },

  // ── downtime starts ──
  { name: 'stop', does: 'stop the source server and see it stopped',
    for: 'server', side: 'source', run: stop, undo: start, downtime: true, together: true, stage: 'before', assumed: { ms: 30_000 } },
  { name: 'freeze', does: 'snapshot its disks and volumes',
    side: 'source', run: either({ server: freeze, volume: freezeAlone, image: freezeAlone }), tidy: release, downtime: true, stage: 'before', assumed: { ms: 30_000 }, likeRound: 'snapshot' },
  { name: 'freeze shared', does: 'once every server of its atomic group is stopped and frozen: snapshot the volumes that it has with others',
    for: 'server', side: 'source', run: freezeShared, when: isInGroup, downtime: true, together: true, stage: 'before', assumed: { ms: 0 } },
  { name: 'copy', does: 'read the snapshot, send the blocks the receiver lacks, compare the whole copy',
    side: 'both', run: copy, tidy: dropCopy, downtime: true, stage: 'transfer', assumed: { bytesPerMs: 60_000 }, likeRound: 'blocks' },

  // ── import, create, connect, probe, mark: the import of a bundle runs the same rows ──
  ...destinationHalf,
];

/** A phase whose work differs with what moves. */
function either(runs: Readonly<Record<Move['kind'], Phase['run']>>): Phase['run'] {
  return (move, tools) => runs[move.kind](move, tools);
}

/**
 * The journey of a server or lone volume. Into a bundle it lacks the destination half, which the
 * import runs.
 */
export function itineraryTo(to: Plan['to']): readonly Phase[] {
  return to === 'receiver' ? itinerary : itinerary.filter(({ side }) => side === 'source');
}

/** The last phase that every journey has; a server has moved once it is done. */
export function lastPhaseTo(to: Plan['to']): string {
  return itineraryTo(to).findLast(({ when }) => when === undefined)?.name ?? '';
}

/**
 * The phases of the downtime, in order: the first stops the server, the last proves that it runs.
 */
export const downtimePhases: readonly Phase[] = itinerary.filter(({ downtime }) => downtime === true);

/** The names of the phases that have a given column. */
export function namesWith(column: keyof Phase): ReadonlySet<string> {
  return new Set(itinerary.flatMap((phase) => (phase[column] === undefined ? [] : [phase.name])));
}

/** The row of a phase's name; undefined for one that only another release has. */
export function phaseNamed(name: string | null | undefined): Phase | undefined {
  return itinerary.find((phase) => phase.name === name);
}
