import type { Concern } from './concern.ts';
import type { Resource } from './resource.ts';

const bytesPerGiB = 1024 ** 3;

/** Bytes a server's disk may take: the least, what its image holds; the most, what its flavor gives it. */
interface Need {
  readonly least: number;
  readonly most: number;
}

/**
 * What a folder's free space means for the disks of these resources: all at once (the receiver keeps them until commit) or the largest few (the sender, `atOnce`).
 * Less room than the qcow2 images of the servers take is blocking: their disks hold at least that much. Less than full disks would take is a warning.
 */
export function spaceConcerns(
  resources: readonly Resource[],
  freeBytes: number,
  where: string,
  atOnce = Number.POSITIVE_INFINITY,
): Concern[] {
  const needs = resources.flatMap((resource) => (resource.kind === 'server' ? [needOf(resource, resources)] : []));
  const sum = (part: keyof Need): number => {
    const sorted = needs.map((need) => need[part]).sort((a, b) => b - a);
    return sorted.slice(0, Math.min(atOnce, sorted.length)).reduce((total, bytes) => total + bytes, 0);
  };
  const [least, most] = [sum('least'), sum('most')];
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
        says: `Full disks would need up to ${gib(most)}; ${where} has ${gib(freeBytes)} free. Holes take none.`,
        remedy,
      },
    ];
  }
  return [];
}

function needOf(server: Extract<Resource, { kind: 'server' }>, resources: readonly Resource[]): Need {
  const flavor = resources.find((one) => one.kind === 'flavor' && one.id === server.flavor_id);
  const image = resources.find((one) => one.kind === 'image' && one.id === server.image_id);
  // A raw image may be zeros for the most part, and those stay holes.
  const least = image?.kind === 'image' && image.disk_format === 'qcow2' ? (image.size ?? 0) : 0;
  const most = flavor?.kind === 'flavor' ? flavor.disk * bytesPerGiB : 0;
  return { least, most: Math.max(least, most) };
}

function gib(bytes: number): string {
  return `${(bytes / bytesPerGiB).toFixed(1)} GiB`;
}
