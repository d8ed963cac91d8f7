import { idOf, type Ref } from '../../../model/resource.ts';
import type { Patience } from '../../patience.ts';
import type { Snapshot } from '../../source-cloud.ts';
import type { ApiVolume, ApiVolumeSnapshot } from '../api.ts';
import type { CloudSession } from '../session/session.ts';
import { isTemporary } from '../stamp.ts';
import { destroyOf, readOf, stampedOf } from './read.ts';

/**
 * What the reading of a volume leaves in Cinder where it is cut: in the order in which they are
 * deleted, for a back end may keep a snapshot that a volume depends on.
 */
export const temporaryKinds = ['volume', 'snapshot'] as const;

/** Something of Cinder that a reading made. */
export type TemporaryKind = (typeof temporaryKinds)[number];

/** Lets one thing be written and deleted; throws where it is not this campaign's. */
export type PermitOurs = (kind: TemporaryKind, thing: ApiVolume | ApiVolumeSnapshot) => void;

/** An id among those of images: `cinder-volume/…`. */
const format = /^cinder-(volume|snapshot)\/(.+)$/;

/** What was made to read a volume and carries a stamp; what somebody copied of it is left out. */
export async function temporaryOf(
  session: CloudSession,
  kind: TemporaryKind,
  stamp: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<(ApiVolume | ApiVolumeSnapshot)[]> {
  const all: (ApiVolume | ApiVolumeSnapshot)[] = await stampedOf(session, kind, stamp, signal);
  return all.filter((one) => isTemporary(kind, one));
}

/** What this campaign's readings of volumes left in Cinder, as snapshots of their disks. */
export async function temporariesOf(session: CloudSession, campaign: string, signal: AbortSignal): Promise<Snapshot[]> {
  if (!(await session.has('volume', signal))) return [];
  const all: Snapshot[] = [];
  for (const kind of temporaryKinds) {
    const found = await temporaryOf(session, kind, { godwit_campaign: campaign }, signal);
    all.push(...found.map((one) => describe(kind, one)));
  }
  return all;
}

function describe(kind: TemporaryKind, { id, metadata, size }: ApiVolume | ApiVolumeSnapshot): Snapshot {
  const disk = idOf((metadata['godwit_source'] ?? '') as Ref);
  return { id: `cinder-${kind}/${id}`, disk, round: Number(metadata['godwit_round'] ?? 0), format: 'raw', size: size * 2 ** 30 };
}

/** What an id names in Cinder; null for the id of an image. */
export function temporaryIn(id: string): { readonly kind: TemporaryKind; readonly id: string } | null {
  const [, kind, own] = format.exec(id) ?? [];
  return own === undefined ? null : { kind: kind as TemporaryKind, id: own };
}

/** Deletes what a reading left, and waits until it is gone. Absent is fine. */
export async function releaseTemporary(
  session: CloudSession,
  { kind, id }: { readonly kind: TemporaryKind; readonly id: string },
  permit: PermitOurs,
  patience: Patience,
): Promise<void> {
  const thing = await readOf(session, kind, id, patience.signal);
  if (thing === null) return;
  permit(kind, thing);
  await destroyOf(session, kind, id, patience);
}
