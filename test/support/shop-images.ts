import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenStackUser } from './openstack-user.ts';

/** An image as its owner sees it. */
export interface SeenImage extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly protected: boolean;
  readonly tags: readonly string[];
}

/** The images of a cloud that its user owns, by name; hidden ones too. */
export async function imagesAt(user: OpenStackUser): Promise<readonly SeenImage[]> {
  const owner = `owner=${user.projectId}`;
  const shown = await user.list<SeenImage>('image', `/images?${owner}`, 'images');
  const hidden = await user.list<SeenImage>('image', `/images?${owner}&os_hidden=true`, 'images');
  const all = new Map([...shown, ...hidden].map((image) => [image.id, image]));
  return [...all.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** The project with which one of the images is shared. */
export const memberOfIso = '3f1d0c55a1a54d0f8f3b6a6c1b0f9e77';

/** What each image has beside its name. */
const wanted: Readonly<Record<string, object>> = {
  'an ISO': {
    disk_format: 'iso',
    container_format: 'bare',
    visibility: 'shared',
    protected: true,
    tags: ['install', 'é'],
    os_distro: 'debian',
    'of the tenant': 'é €',
  },
  'a disk/é': { disk_format: 'vmdk', container_format: 'bare', min_disk: 3, min_ram: 64, hw_disk_bus: 'scsi', os_hidden: true },
  'a snapshot': { disk_format: 'raw', container_format: 'bare', image_type: 'snapshot', visibility: 'community' },
  'a kernel': { disk_format: 'aki', container_format: 'aki', visibility: 'private' },
};

/**
 * Adds images to the project, whose bytes are no disks of their format: whoever converts one fails.
 * One has no bytes yet, and one a member. Returns their ids by name.
 */
export async function addOwnImages(user: OpenStackUser): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), 'images-'));
  const ids: Record<string, string> = {};
  for (const [index, [name, fields]] of Object.entries(wanted).entries()) {
    const { id } = await user.send<{ id: string }>('POST', 'image', '/images', { name, ...fields });
    ids[name] = id;
    const file = join(folder, 'bytes');
    await writeFile(file, Buffer.alloc(300_000 + index, createHash('sha512').update(name).digest()));
    await user.upload(id, file);
  }
  await user.send('POST', 'image', `/images/${ids['an ISO']}/members`, { member: memberOfIso });
  await user.send('POST', 'image', '/images', { name: 'no bytes', disk_format: 'raw', container_format: 'bare' });
  await rm(folder, { recursive: true });
  return ids;
}
