import type { Plan } from '../../shared/model/plan.ts';
import type { Phase } from './phase.ts';
import { awaitCutover } from './phases/await-cutover.ts';
import { awaitWindow, isStillLetGo, waitsForWindow } from './phases/await-window.ts';
import { connect, create, disconnect, importDisks, plug, remove, removeImages, unplug } from './phases/build.ts';
import { copy, dropCopy } from './phases/copy.ts';
import { freeze, release } from './phases/freeze.ts';
import { look } from './phases/look.ts';
import { mark } from './phases/mark.ts';
import { forgetRounds, isWarm, precopy } from './phases/precopy.ts';
import { probe } from './phases/probe.ts';
import { start, stop } from './phases/stop.ts';

/** What is done with a server that goes into a bundle; what follows happens where that is imported. */
const exported: ReadonlySet<string> = new Set(['look', 'await window', 'stop', 'freeze']);

/** The journey of a server by where it goes. */
export function itineraryTo(to: Plan['to']): readonly Phase[] {
  return to === 'receiver' ? itinerary : itinerary.filter(({ name }) => exported.has(name));
}

/**
 * The whole journey of one server, in order. Read it from top to bottom.
 * On the way back read the undo column upwards (service first), then the tidy column upwards.
 */
// biome-ignore format: a table is read by column
export const itinerary = [
  { name: 'look',    run: look,                                           does: 'see whether the source server can be moved, and whether it runs' },
  // ── a pause halts these; the first two are of warm moves only ──
  { name: 'precopy', run: precopy,     tidy: forgetRounds, when: isWarm, halts: true, does: 'while it runs: snapshot, pull what differs, forget the snapshot; again until little differs' },
  { name: 'await cutover', run: awaitCutover, when: isWarm, halts: true, holds: isStillLetGo, does: 'wait until it may be stopped; further rounds keep the rest small' },
  { name: 'await window', run: awaitWindow, when: waitsForWindow, halts: true, holds: isStillLetGo, does: 'wait until the calendar lets it be stopped' },
  // ── downtime starts ──
  { name: 'stop',    run: stop,        undo: start,      downtime: true,  does: 'stop the source server and see it stopped' },
  { name: 'freeze',  run: freeze,      tidy: release,    downtime: true,  does: 'snapshot its disk' },
  { name: 'copy',    run: copy,        tidy: dropCopy,   downtime: true,  does: 'read the snapshot, send the blocks the receiver lacks, compare the whole copy' },
  { name: 'import',  run: importDisks, tidy: removeImages, downtime: true, does: 'register the verified disk as an image at the destination' },
  { name: 'plug',    run: plug,        undo: unplug,     downtime: true,  does: 'create the ports with the same MAC and fixed addresses' },
  { name: 'create',  run: create,      undo: remove,     downtime: true,  does: 'create the server and wait until it runs' },
  { name: 'connect', run: connect,     undo: disconnect, downtime: true,  does: 'give the floating addresses to the new server' },
  { name: 'probe',   run: probe,                         downtime: true,  does: 'wait until the new server answers its probe' },
  // ── downtime ends ──
  { name: 'mark',    run: mark,                                           does: 'write the completion marker on both sides' },
] as const satisfies readonly Phase[];
