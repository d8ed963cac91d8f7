import { execFile } from 'node:child_process';
import { mkdir, open, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Cloud } from '../cloud.ts';
import { copySparse } from '../disk.ts';
import { stamp } from '../identifier.ts';
import { type Caller, mayUse } from '../policy.ts';
import { badRequest, notFound, type Refusal } from '../refusal.ts';
import type { Call } from '../route.ts';
import type { Volume, VolumeSnapshot } from './model.ts';

/** Where the bytes of a volume are. */
export const volumePath = (cloud: Cloud, id: string): string => join(cloud.settings.stateDir, 'volumes', id);

/** Where the bytes of a volume's snapshot are. */
export const snapshotPath = (cloud: Cloud, id: string): string => join(cloud.settings.stateDir, 'volume-snapshots', id);

/** Bytes that this cloud stores for so many GiB. */
export const bytesOf = ({ settings }: Cloud, gib: number): number => gib * settings.gibibyte;

/** Writes a file of zeros. */
export async function writeBlank(path: string, bytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  await file.truncate(bytes);
  await file.close();
}

/**
 * Copies the bytes of a volume, a snapshot or a raw image, filled up with zeros: by cp(1), which
 * knows where a file has holes, as Node does not; a volume is mostly that.
 */
export async function copyBytes({ background }: Cloud, from: string, to: string, bytes: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await promisify(execFile)('cp', ['--sparse=auto', from, to], { signal: background.signal });
    await truncate(to, bytes);
  } catch {
    background.signal.throwIfAborted();
    await copySparse(from, to, bytes, background.signal);
  }
}

/** A volume by its id, if the caller may see it. */
export function findVolume(cloud: Cloud, caller: Caller, id: string): Volume | undefined {
  const volume = cloud.state.volumes.get(id);
  return volume !== undefined && mayUse(caller, volume.projectId) ? volume : undefined;
}

/** The volume of a path, or of an id in a body. */
export function volumeOf(call: Call, id = call.param('id')): Volume {
  const volume = findVolume(call.cloud, call.caller, id);
  if (volume === undefined) throw notFound(`Volume ${id} could not be found.`);
  return volume;
}

/** The snapshot of a path, or of an id in a body. */
export function snapshotOf(call: Call, id = call.param('id')): VolumeSnapshot {
  const snapshot = call.cloud.state.volumeSnapshots.get(id);
  if (snapshot === undefined || !mayUse(call.caller, snapshot.projectId)) throw notFound(`Snapshot ${id} could not be found.`);
  return snapshot;
}

/** Whether a volume has snapshots: it cannot be deleted then. */
export function hasSnapshots({ state }: Cloud, { id }: Volume): boolean {
  return [...state.volumeSnapshots.values()].some(({ volumeId }) => volumeId === id);
}

/** Notes that a volume or a snapshot has changed. */
export function touchVolume(cloud: Cloud, thing: { updatedAt: string }): void {
  thing.updatedAt = cinderStamp();
  cloud.changed();
}

/** The time as Cinder prints it: microseconds, no zone. */
export const cinderStamp = (): string => `${stamp().slice(0, 19)}.000000`;

/** Cinder's refusal of something in a wrong state (cinder/exception.py, InvalidVolume). */
export const invalidVolume = (reason: string): Refusal => badRequest(`Invalid volume: ${reason}`);
/** The same for input (cinder/exception.py, InvalidInput). */
export const invalidInput = (reason: string): Refusal => badRequest(`Invalid input received: ${reason}`);
