import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import { refOf } from '../../../model/resource.ts';
import type { ApiVolume, ApiVolumeSnapshot } from '../api.ts';
import type { Contents } from './contents.ts';
import { whyNotFlattened } from './flattened.ts';
import { isMoved } from './moved.ts';
import { loneVolumes, volumesOfServer } from './volumes.ts';

/** Snapshots that one concern names. */
const listed = 10;

/** A snapshot with its volume, which moves. */
interface MovingSnapshot {
  readonly snapshot: ApiVolumeSnapshot;
  readonly source: ApiVolume;
}

/** The volumes that move, with their servers or alone. */
function movingVolumes(contents: Contents): ApiVolume[] {
  const ofServers = contents.servers.filter((server) => !isMoved(server));
  const all = [...ofServers.flatMap((server) => volumesOfServer(server, contents)), ...loneVolumes(contents)];
  return [...new Set(all)];
}

/** A volume that moves: which of its snapshots become volumes of their own, and which stay. */
interface SnapshotsOfOne {
  readonly source: ApiVolume;
  readonly going: readonly ApiVolumeSnapshot[];
  readonly staying: readonly ApiVolumeSnapshot[];
}

function snapshotsByVolume(contents: Contents): SnapshotsOfOne[] {
  const bySource = Map.groupBy(contents.snapshots ?? [], ({ volume_id }) => volume_id);
  return movingVolumes(contents).map((source) => {
    const all = bySource.get(source.id) ?? [];
    const goes = (one: ApiVolumeSnapshot): boolean => contents.flattens && whyNotFlattened(one, source) === null;
    return { source, going: all.filter(goes), staying: all.filter((one) => !goes(one)) };
  });
}

/** The snapshots that become volumes of their own, where that is asked for. */
export function flattenedIn(contents: Contents): MovingSnapshot[] {
  return snapshotsByVolume(contents).flatMap(({ source, going }) => going.map((snapshot) => ({ snapshot, source })));
}

/** What becomes of the snapshots of each volume that moves. */
export function snapshotConcerns(contents: Contents): Concern[] {
  const { volumes, snapshots } = contents;
  if (snapshots === null) return (volumes ?? []).length === 0 ? [] : [unseen];
  return snapshotsByVolume(contents).flatMap(({ source, going, staying }) => [
    ...(going.length === 0 ? [] : [flattenedOf(source, going)]),
    ...(staying.length === 0 ? [] : [staysWith(source, staying)]),
  ]);
}

const unseen: Concern = {
  code: 'volume.snapshot_unseen',
  severity: 'warning',
  says: 'The snapshots of the project’s volumes cannot be read: if there are some, they stay at the source.',
  remedy: 'Capture with credentials that may list them (openstack volume snapshot list).',
};

function flattenedOf(source: ApiVolume, going: readonly ApiVolumeSnapshot[]): Concern {
  return {
    code: 'volume.snapshot_flattened',
    severity: 'warning',
    about: refOf('volume', source.id),
    says: `Each snapshot of volume ${source.name || source.id} becomes a volume of its own at the destination, with the snapshot's id in its metadata (${going.length}): ${namesOf(going)}.`,
    remedy: 'Nothing: the snapshots stay at the source as they are. With `volume_snapshots: leave` nothing is made of them.',
  };
}

function staysWith(source: ApiVolume, staying: readonly ApiVolumeSnapshot[]): Concern {
  return {
    code: 'left_behind.volume_snapshots',
    severity: 'warning',
    about: refOf('volume', source.id),
    says: `Volume ${source.name || source.id} moves, and its snapshots stay with it at the source (${staying.length}): ${namesOf(staying)}.`,
    remedy:
      'Nothing, if they may stay there. Or `volume_snapshots: flatten` below `options`: each that is available becomes a volume of its own.',
  };
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
