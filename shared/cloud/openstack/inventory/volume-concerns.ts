import { firstFew } from '../../../first-few.ts';
import type { Concern } from '../../../model/concern.ts';
import { refOf } from '../../../model/resource.ts';
import type { ApiAttachment, ApiServer, ApiVolume } from '../api.ts';
import { quotaOfType } from '../facts/quotas.ts';
import { hasBareMark } from '../stamp.ts';
import { bootsFromVolume, rootOf } from '../volumes/attachments.ts';
import { connectedAs } from '../volumes/risky-volumes.ts';
import { outlivesSnapshot } from '../volumes/volume-connection.ts';
import type { Contents } from './contents.ts';
import { concern, type ServerRule } from './server-concern.ts';
import { flattenedIn, snapshotConcerns } from './volume-snapshots.ts';
import { isShared, loneVolumes, volumesAlone, volumesOfServer, whyLeft } from './volumes.ts';

/** Volumes that one concern names. */
const listed = 10;

/** Volumes that Nova names and Cinder does not show to these credentials. */
const unseen: ServerRule = (server, contents) => {
  const seen = new Set(contents.volumes?.map(({ id }) => id));
  const ids = attachmentsOf(server, contents).flatMap(({ volumeId }) => (seen.has(volumeId) ? [] : volumeId));
  if (ids.length === 0) return null;
  const says = `has volumes that cannot be read: ${ids.join(', ')}.`;
  const remedy = 'Capture with credentials that may see them (its project’s, or an admin’s), or leave the server out.';
  return concern('server.volume_unseen', 'blocking', server, says, remedy);
};

/** A volume moves once, after the stop of the last of its servers: all of them have to move. */
const shared: ServerRule = (server, contents) => {
  const moving = new Set(contents.servers.map(({ id }) => id));
  const others = ({ attachments }: ApiVolume): string[] => attachments.flatMap(({ server_id: id }) => (moving.has(id) ? [] : id));
  const torn = seenOf(server, contents).filter((volume) => others(volume).length > 0);
  if (torn.length === 0) return null;
  const shares = torn.map((volume) => `${nameOf(volume)} with ${others(volume).join(', ')}`).join('; ');
  const says = `shares volumes (multi-attach) with servers that do not move with it: ${shares}.`;
  const remedy = 'Move them too, detach the volumes from them (openstack server remove volume), or leave the server out.';
  return concern('server.volume_multiattach', 'blocking', server, says, remedy);
};

/**
 * Two systems that boot from one disk destroy it. Cinder has a right of its own for that
 * (cinder/policies/attachments.py, `volume:multiattach_bootable_volume`).
 */
const sharedRoot: ServerRule = (server, contents) => {
  const roots = contents.servers.flatMap((one) =>
    bootsFromVolume(one) ? (rootOf(one, attachmentsOf(one, contents))?.volumeId ?? []) : [],
  );
  const all = seenOf(server, contents).filter((volume) => isShared(volume) && roots.includes(volume.id));
  if (all.length === 0) return null;
  const says = `shares volumes (multi-attach) from which a server boots, and such ones are not moved: ${namesOf(all)}.`;
  const remedy = 'Detach them from all servers but that one (openstack server remove volume), or leave the server out.';
  return concern('server.root_shared', 'blocking', server, says, remedy);
};

const encrypted: ServerRule = (server, contents) => {
  const all = seenOf(server, contents).filter((volume) => volume.encrypted === true);
  if (all.length === 0) return null;
  const says = `has encrypted volumes, whose keys stay in the source cloud: ${namesOf(all)}.`;
  const remedy = 'Retype them to a type without encryption (openstack volume set --type), or leave the server out.';
  return concern('server.volume_encrypted', 'blocking', server, says, remedy);
};

const odd: ServerRule = (server, contents) => {
  const all = seenOf(server, contents).filter(({ status }) => status !== 'in-use');
  if (all.length === 0) return null;
  const says = `has volumes that are not in use: ${all.map((volume) => `${nameOf(volume)} is ${volume.status}`).join(', ')}.`;
  const remedy = 'Wait until the cloud has finished with them, or repair them (openstack volume set --state).';
  return concern('server.volume_state', 'blocking', server, says, remedy);
};

const bootUnknown: ServerRule = (server, contents) => {
  if (!bootsFromVolume(server) || rootOf(server, attachmentsOf(server, contents)) !== undefined) return null;
  const says = 'boots from a volume, and the cloud does not tell from which.';
  const remedy = 'Capture as an admin, who sees the name of its root device, or leave it out.';
  return concern('server.boot_unknown', 'blocking', server, says, remedy);
};

/**
 * A volume is read through a snapshot while it stays attached. Where that may cost the server its
 * disk, or Cinder does not tell how it is attached, its operator decides.
 */
const bySnapshot: ServerRule = (server, contents) => {
  const all = seenOf(server, contents).filter(({ id }) => !outlivesSnapshot(contents.connections.get(id) ?? null));
  if (all.length === 0) return null;
  const says = `has volumes that are read through snapshots in Cinder, which may cost it its disk: ${all.map((one) => connectedAs(one, contents.connections.get(one.id) ?? null)).join(', ')}. A raw file on NFS, and any file there of a Cinder older than Zed’s, is lost to its server at its next start.`;
  const remedy =
    'Try it with a server that may be lost, then accept it: `server.volume_snapshot` in `mappings.accept`. Or leave the server out.';
  return concern('server.volume_snapshot', 'blocking', server, says, remedy);
};

/** Why the volumes of a server cannot be moved. */
export const volumeRules: readonly ServerRule[] = [unseen, shared, sharedRoot, encrypted, odd, bootUnknown, bySnapshot];

function attachmentsOf({ id }: ApiServer, { attachments }: Contents): readonly ApiAttachment[] {
  return attachments.get(id) ?? [];
}

function seenOf(server: ApiServer, contents: Contents): ApiVolume[] {
  const ids = attachmentsOf(server, contents).map(({ volumeId }) => volumeId);
  return ids.flatMap((id) => contents.volumes?.find((volume) => volume.id === id) ?? []);
}

function nameOf({ id, name }: ApiVolume): string {
  return name ? `${name} (${id})` : id;
}

function namesOf(volumes: readonly ApiVolume[]): string {
  return volumes.map(nameOf).join(', ');
}

/**
 * What is not seen of the project's volumes, what becomes of the snapshots of those that move,
 * which of them may have been moved before, and the room that reading them takes.
 */
export function volumeConcerns(contents: Contents): Concern[] {
  if (contents.volumes === null)
    return [
      {
        code: 'volume.unseen',
        severity: 'warning',
        says: 'The volumes of the project cannot be read.',
        remedy: 'Capture with credentials that may list volumes.',
      },
    ];
  return [...snapshotConcerns(contents), ...markedBefore(contents), ...roomAtSource(contents)];
}

/**
 * The volumes that move by themselves although an earlier build may have moved them: its mark may
 * also have come with a backup from which they were restored.
 */
function markedBefore(contents: Contents): Concern[] {
  return loneVolumes(contents)
    .filter(hasBareMark)
    .map((volume) => ({
      code: 'volume.marked',
      severity: 'warning',
      about: refOf('volume', volume.id),
      says: `Volume ${nameOf(volume)} has the mark of an earlier build: a campaign moved it, or one whose backup it was restored from. It moves again.`,
      remedy: 'Take it out of `volumes` if it was moved and is not used here any more.',
    }));
}

/**
 * The volumes of a whole project that no server has and that do not move either, with the reason.
 */
export function volumesLeft(contents: Contents): Concern[] {
  const left = volumesAlone(contents).flatMap((volume) => {
    const why = whyLeft(volume);
    return why === null ? [] : [`${nameOf(volume)}: ${why}`];
  });
  if (left.length === 0) return [];
  return [
    {
      code: 'left_behind.volumes',
      severity: 'warning',
      says: `The project has volumes without a server that are not moved (${left.length}): ${firstFew(left, listed)}.`,
      remedy: 'Make at the destination by hand what is needed there.',
    },
  ];
}

/** What the reading of one volume takes of each quota; `attached`: it is snapshotted first. */
function roomOf({ size, volume_type: type }: Pick<ApiVolume, 'size' | 'volume_type'>, attached: boolean): Record<string, number> {
  const room = { volumes: 1, snapshots: attached ? 1 : 0, gigabytes: attached ? 2 * size : size };
  const ofType = {
    [quotaOfType('volumes', type ?? '')]: room.volumes,
    [quotaOfType('snapshots', type ?? '')]: room.snapshots,
    [quotaOfType('gigabytes', type ?? '')]: room.gigabytes,
  };
  return Object.assign(ofType, room);
}

/**
 * A volume is read from a snapshot and a temporary volume made of that, one volume after the other
 * for each server at work. Snapshots take gigabytes as well. One that no server has is cloned, and
 * a snapshot that becomes a volume is there already.
 */
function roomAtSource(contents: Contents): Concern[] {
  const all = [
    ...contents.servers.flatMap((server) => volumesOfServer(server, contents)).map((one) => roomOf(one, true)),
    ...loneVolumes(contents).map((one) => roomOf(one, false)),
    ...flattenedIn(contents).map(({ snapshot: { size }, source: { volume_type } }) => roomOf({ size, volume_type }, false)),
  ];
  const needed: Record<string, number> = {};
  for (const [name, count] of all.flatMap(Object.entries<number>)) needed[name] = Math.max(needed[name] ?? 0, count);
  return Object.entries(needed).flatMap(([name, count]): Concern[] => {
    const quota = contents.quotas[name];
    if (count === 0 || quota === undefined || quota.limit < 0 || quota.used + count <= quota.limit) return [];
    return [
      {
        code: 'volume.source_room',
        severity: 'warning',
        says: `To read a volume takes ${count} of the source project's quota of ${name} for a while, for each server or volume at work; ${quota.used} of ${quota.limit} are used.`,
        remedy: `Raise it at the source to ${quota.used + count} or more, for each server or volume that moves at once.`,
      },
    ];
  });
}
