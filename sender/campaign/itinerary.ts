import type { Wish } from '../migration/fact.ts';
import type { WishRow } from './step.ts';
import { commitAtReceiver, destroyServers, releaseSnapshots, retireServers } from './steps/commit.ts';
import { compareSource } from './steps/compare-source.ts';
import { complete } from './steps/complete.ts';
import { configure } from './steps/configure.ts';
import { lookAtSources } from './steps/look-at-sources.ts';
import { finishStopped, releaseRounds } from './steps/pause.ts';
import { removeAtReceiver, rollBackAll, rollBackUnfinished } from './steps/roll-back.ts';
import { moveWaves } from './steps/waves.ts';

/**
 * The steps of each of the operator's wishes; read each wish from top to bottom. A failed step
 * leaves the campaign `failed`; the same wish, asked again, continues there.
 */
// biome-ignore format: a table is read by row
export const campaignItinerary: Readonly<Record<Wish, WishRow>> = {
  run: { shows: 'moving', rests: 'ready', steps: [
    { name: 'configure', does: 'hand over the document; the receiver builds the network side and compares it',
      run: configure, asksReceiver: true, once: true, retries: true },
    { name: 'move waves', does: 'move the servers along their itinerary, wave after wave',
      run: moveWaves, pausesAt: 'first half' },
    { name: 'complete', does: 'compare the totals with those of the receiver',
      run: complete, asksReceiver: true },
    { name: 'compare source', does: 'read the network side of the source again; what changed since the capture is told',
      run: compareSource },
  ] },

  pause: { shows: 'paused', rests: 'paused', steps: [
    { name: 'finish stopped', does: 'move the servers that are already stopped to their end',
      run: finishStopped },
    { name: 'release rounds', does: 'delete the snapshots of servers that still run',
      run: releaseRounds },
  ] },

  cancel: { shows: 'rolling back', rests: 'paused', steps: [
    { name: 'roll back unfinished', does: 'roll back the moves that have not reached their end',
      run: rollBackUnfinished },
  ] },

  // The look comes first, because what follows cannot be undone; then the receiver, so that its
  // resources are safe before the source is changed.
  commit: { shows: 'committing', rests: 'committed', steps: [
    { name: 'look at sources', does: 'read every server again on both sides; where one cannot be read or is lost, nothing is committed',
      run: lookAtSources, onlyLooks: true },
    { name: 'commit at receiver', does: 'have the receiver end its way back, free its disks and take its stamps away',
      run: commitAtReceiver, asksReceiver: true, retries: true },
    { name: 'retire', does: 'tag and lock the source servers',
      run: retireServers, deletesSource: false },
    { name: 'destroy', does: 'delete the source servers',
      run: destroyServers, deletesSource: true },
    { name: 'release snapshots', does: 'delete the snapshots of this campaign at the source',
      run: releaseSnapshots },
  ] },

  // The servers come first: they run at the source again before anything else is removed.
  rollback: { shows: 'rolling back', rests: 'rolled back', steps: [
    { name: 'roll back', does: 'roll back every move, the last one of the plan first',
      run: rollBackAll },
    { name: 'release snapshots', does: 'delete the snapshots of this campaign at the source',
      run: releaseSnapshots },
    { name: 'remove at receiver', does: 'have the receiver remove everything else it created',
      run: removeAtReceiver, asksReceiver: true },
  ] },
};

/** Where rolling waves pause, as the journal calls it. */
export const wavePauses: ReadonlySet<string> = new Set(
  Object.values(campaignItinerary).flatMap(({ steps }) => steps.flatMap(({ pausesAt }) => pausesAt ?? [])),
);
