import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import { refOf } from '../../../model/resource.ts';
import type { ApiVolume, ApiVolumeSnapshot } from '../api.ts';
import type { Contents } from './contents.ts';
import { isMoved } from './moved.ts';
import { loneVolumes, volumesOfServer } from './volumes.ts';

/** Snapshots that one concern names. */
const listed = 10;

/** The volumes that move, with their servers or alone. */
function movingVolumes(contents: Contents): ApiVolume[] {
  const ofServers = contents.servers.filter((server) => !isMoved(server));
  return [...ofServers.flatMap((server) => volumesOfServer(server, contents)), ...loneVolumes(contents)];
}

/** The snapshots of each volume that moves: one concern for each such volume. */
export function snapshotsStaying(contents: Contents): Concern[] {
  const bySource = Map.groupBy(contents.snapshots ?? [], ({ volume_id }) => volume_id);
  return movingVolumes(contents).flatMap((volume): Concern[] => {
    const all = bySource.get(volume.id) ?? [];
    if (all.length === 0) return [];
    return [
      {
        code: 'left_behind.volume_snapshots',
        severity: 'warning',
        about: refOf('volume', volume.id),
        says: `Volume ${volume.name || volume.id} moves, and its snapshots stay with it at the source (${all.length}): ${namesOf(all)}.`,
        remedy:
          'Make a volume of each that is needed (openstack volume create --snapshot): it moves by itself. A source volume with snapshots is not deleted.',
      },
    ];
  });
}

/** The snapshots of a whole project whose volumes do not move. */
export function snapshotsLeft(contents: Contents): Concern[] {
  const moving = new Set(movingVolumes(contents).map(({ id }) => id));
  const left = (contents.snapshots ?? []).filter(({ volume_id }) => !moving.has(volume_id));
  if (left.length === 0) return [];
  const nameOfSource = new Map(contents.volumes?.map(({ id, name }) => [id, name || id]));
  const names = left.map((one) => `${labelOf(one)} of ${nameOfSource.get(one.volume_id) ?? one.volume_id}`);
  return [
    {
      code: 'left_behind.volume_snapshots',
      severity: 'warning',
      says: `The project has snapshots of volumes that do not move (${left.length}): ${firstFew(names, listed)}.`,
      remedy: 'Make at the destination by hand what is needed there.',
    },
  ];
}

function namesOf(all: readonly ApiVolumeSnapshot[]): string {
  return firstFew(all.map(labelOf), listed);
}

/** `before the upgrade (error)`: a state is told unless it is the usual one. */
function labelOf({ id, name, status }: ApiVolumeSnapshot): string {
  return `${name || id}${status === 'available' ? '' : ` (${status})`}`;
}
