import type { Concern } from './concern.ts';
import { type Configurations, groupByKind } from './configurations.ts';
import { loneVolumesOf, movedImagesOf } from './lone-volumes.ts';
import type { Resource } from './resource.ts';

const bytesPerGiB = 1024 ** 3;

/** Bytes a server's disks may take: the least, what its image holds; the most, their whole size. */
interface Need {
  readonly least: number;
  readonly most: number;
}

/** What lies in a folder together. */
export interface DiskLayout {
  /**
   * Only the largest few of the disks, as at the sender; the receiver keeps all of them until
   * commit.
   */
  readonly atOnce?: number;
  /** Bytes that lie beside the disks where there is room for them. */
  readonly besideBytes?: number;
}

/**
 * What a folder's free space means for the disks of these resources: less than the qcow2 images of
 * the servers take is blocking, and less than full disks would take is a warning.
 */
export function spaceConcerns(
  resources: readonly Resource[],
  freeBytes: number,
  where: string,
  { atOnce, besideBytes = 0 }: DiskLayout = {},
): Concern[] {
  const needs = needsOf(resources);
  const least = sum(needs, 'least', atOnce);
  const disks = sum(needs, 'most', atOnce);
  const most = disks + besideBytes;
  const remedy = `Free space in ${where}, or put its state on a larger disk.`;
  if (freeBytes < least) {
    return [
      {
        code: 'space.short',
        severity: 'blocking',
        says: `The disks need at least ${gib(least)}; ${where} has ${gib(freeBytes)} free.`,
        remedy,
      },
    ];
  }
  if (freeBytes < most) {
    return [
      {
        code: 'space.tight',
        severity: 'warning',
        says: `Full disks would need up to ${gib(disks)}${besideBytes === 0 ? '' : `, donor images ${gib(besideBytes)}`}; ${where} has ${gib(freeBytes)} free. Holes take none.`,
        remedy,
      },
    ];
  }
  return [];
}

/**
 * Bytes that a server's disks may hold. Of its own: what its flavor gives it, or the disk must fit
 * where there are no flavors, or what its image is or asks for; 0 where none is known.
 */
export function diskBytesOf(
  { id: server, flavor_id, image_id }: Configurations['servers'][number],
  { flavors, disks, images }: Pick<Configurations, 'flavors' | 'disks' | 'images'>,
): number {
  const flavor = flavors.find(({ id }) => id === flavor_id);
  const all = disks.filter(({ server_id }) => server_id === server);
  const own = all.filter(({ volume_id }) => volume_id === null);
  const volumes = gibOf(all.filter((disk) => !own.includes(disk))) * bytesPerGiB;
  if (own.length === 0) return volumes;
  const image = images.find(({ id }) => id === image_id);
  const gib = flavor?.disk ?? gibOf(own);
  return volumes + Math.max(bytesPerGiB * Math.max(gib, image?.min_disk ?? 0), image?.size ?? 0);
}

function gibOf(disks: Configurations['disks']): number {
  return disks.reduce((total, { min_disk }) => total + min_disk, 0);
}

/** Bytes that the disks of these resources take together at the least. */
export function leastBytes(resources: readonly Resource[]): number {
  return sum(needsOf(resources), 'least');
}

function needsOf(resources: readonly Resource[]): Need[] {
  const lists = groupByKind(resources);
  const alone = loneVolumesOf(lists).map(({ size }) => ({ least: 0, most: size * bytesPerGiB }));
  const ofServers = lists.servers.map((server) => {
    const image = lists.images.find(({ id }) => id === server.image_id);
    // A raw image may be zeros for the most part, and those stay holes.
    const least = image?.disk_format === 'qcow2' ? (image.size ?? 0) : 0;
    return { least, most: diskBytesOf(server, lists) };
  });
  const images = movedImagesOf(lists).map(({ size, disk_format }) => ({
    least: disk_format === 'raw' ? 0 : (size ?? 0),
    most: size ?? 0,
  }));
  return [...ofServers, ...alone, ...images];
}

/** The largest of some needs together. */
function sum(needs: readonly Need[], part: keyof Need, atOnce = Number.POSITIVE_INFINITY): number {
  const sorted = needs.map((need) => need[part]).sort((a, b) => b - a);
  return sorted.slice(0, Math.min(atOnce, sorted.length)).reduce((total, bytes) => total + bytes, 0);
}

function gib(bytes: number): string {
  return `${(bytes / bytesPerGiB).toFixed(1)} GiB`;
}
