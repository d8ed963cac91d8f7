import type { OpenStackUser } from '../support/openstack-user.ts';
import type { Check } from './compare.ts';
import { type GuestRecord, recordIn } from './guests.ts';
import type { Portrait } from './portrait.ts';

interface Image {
  readonly id: string;
  readonly instance_uuid?: string;
  readonly image_type?: string;
  readonly hw_disk_bus?: string;
  readonly hw_vif_model?: string;
  readonly os_distro?: string;
}

/** One disk, read back from both clouds. */
export interface DiskProof extends Check {
  readonly bytes: number;
  readonly sha256: string;
  /** What the guest had counted on it when the source stopped; null where it never ran. */
  readonly record: GuestRecord | null;
}

/**
 * Reads every source snapshot and its image at the destination through Glance, and compares their
 * SHA-256.
 */
export async function proveDisks(
  west: { readonly user: OpenStackUser; readonly portrait: Portrait },
  east: { readonly user: OpenStackUser; readonly portrait: Portrait },
): Promise<DiskProof[]> {
  const snapshots = await west.user.list<Image>('image', '/images', 'images');
  const proofs: DiskProof[] = [];
  for (const { kind, name, id } of west.portrait) {
    if (kind !== 'server') continue;
    const snapshot = snapshots.find((image) => image.image_type === 'snapshot' && image.instance_uuid === id);
    const moved = east.portrait.find((feature) => feature.kind === 'server' && feature.name === name);
    proofs.push({ kind: 'disk', name, ...(await proveDisk(west.user, snapshot, east.user, moved?.id)) });
  }
  return proofs;
}

async function proveDisk(
  west: OpenStackUser,
  snapshot: Image | undefined,
  east: OpenStackUser,
  serverId: string | undefined,
): Promise<Omit<DiskProof, 'kind' | 'name'>> {
  const nothing = { bytes: 0, sha256: '', record: null };
  if (snapshot === undefined) return { ...nothing, differs: 'the source has no snapshot of it' };
  if (serverId === undefined) return { ...nothing, differs: 'its server is not at the destination' };
  const { server } = await east.get<{ server: { image: { id: string } } }>('compute', `/servers/${serverId}`);
  const image = await east.get<Image>('image', `/images/${server.image.id}`);
  const [there, here] = await Promise.all([east.digest(image.id), west.digest(snapshot.id)]);
  const seen = { bytes: there.bytes, sha256: there.sha256, record: recordIn(here.end) };
  const differs = `its ${there.bytes} bytes have SHA-256 ${there.sha256}; the source's ${here.bytes} have ${here.sha256}`;
  if (there.sha256 !== here.sha256) return { ...seen, differs };
  const lost = (['hw_disk_bus', 'hw_vif_model', 'os_distro'] as const).find((property) => image[property] !== snapshot[property]);
  return { ...seen, differs: lost === undefined ? null : `${lost} is ${image[lost]}, not ${snapshot[lost]}` };
}
