import type { Cloud } from '../cloud.ts';
import { type RecordSet, stampOf, type Zone } from './model.ts';

/** How long the name servers take to have a change: milliseconds. */
const delayMs = 200;

/**
 * Brings a zone and its record sets to the name servers, as designate-worker does: what is there
 * becomes ACTIVE, or ERROR; what is to go goes (designate/central/service.py, `update_status`).
 */
export function bringOut(cloud: Cloud, zone: Zone): void {
  cloud.background.run(async () => {
    await cloud.background.pause(delayMs);
    const isFailed = cloud.faults.take('zone-error', zone.name) !== undefined;
    for (const one of recordSetsOf(cloud, zone)) settle(cloud.state.recordSets, one, isFailed);
    settle(cloud.state.zones, zone, isFailed);
    if (!cloud.state.zones.has(zone.id)) for (const { id } of recordSetsOf(cloud, zone)) cloud.state.recordSets.delete(id);
    cloud.changed();
  });
}

function settle<T extends Zone | RecordSet>(all: Map<string, T>, one: T, isFailed: boolean): void {
  if (one.status !== 'PENDING') return;
  if (isFailed) one.status = 'ERROR';
  else if (one.action === 'DELETE') all.delete(one.id);
  else {
    one.status = 'ACTIVE';
    one.action = 'NONE';
  }
}

/** Marks something as changed; it is not yet at the name servers. */
export function touch(one: Zone | RecordSet, action: Zone['action']): void {
  one.status = 'PENDING';
  // What was never brought out is still to be created.
  if (action !== 'UPDATE' || one.action !== 'CREATE') one.action = action;
  one.version += 1;
  one.updatedAt = stampOf();
}

/** The record sets of a zone. */
export function recordSetsOf(cloud: Cloud, zone: Zone): RecordSet[] {
  return [...cloud.state.recordSets.values()].filter(({ zoneId }) => zoneId === zone.id);
}

/** The work that a restart interrupted goes on (designate/producer/tasks.py). */
export function resumeZones(cloud: Cloud): void {
  for (const zone of cloud.state.zones.values()) if (zone.status === 'PENDING') bringOut(cloud, zone);
}
