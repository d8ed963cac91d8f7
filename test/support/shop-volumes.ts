import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenStackUser } from './openstack-user.ts';

interface Made {
  readonly id: string;
}

/** A volume as its owner sees it. */
export interface SeenVolume {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly status: string;
  readonly size: number;
  readonly bootable: string;
  readonly volume_type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly volume_image_metadata?: Readonly<Record<string, string>>;
}

/** How a server has a volume, as its owner sees it. */
interface SeenAttachment {
  readonly volumeId: string;
  readonly device: string;
  readonly tag: string | null;
  readonly delete_on_termination: boolean;
}

/** The volumes of a cloud, by name. */
export async function volumesAt(user: OpenStackUser): Promise<readonly SeenVolume[]> {
  const all = await user.list<SeenVolume>('volumev3', '/volumes/detail', 'volumes');
  return all.sort((a, b) => a.name.localeCompare(b.name));
}

/** The snapshots of volumes of a cloud. */
export function volumeSnapshotsAt(user: OpenStackUser): Promise<readonly Made[]> {
  return user.list<Made>('volumev3', '/snapshots/detail', 'snapshots');
}

/** How a server has its volumes, with their names, in order. */
export async function attachmentsOf(user: OpenStackUser, server: string): Promise<readonly unknown[]> {
  const names = new Map((await volumesAt(user)).map(({ id, name }) => [id, name]));
  const path = `/servers/${server}/os-volume_attachments`;
  const { volumeAttachments } = await user.get<{ volumeAttachments: SeenAttachment[] }>('compute', path);
  return volumeAttachments.map(({ volumeId, device, tag, delete_on_termination }) => ({
    name: names.get(volumeId),
    device,
    tag,
    delete_on_termination,
  }));
}

/** Overwrites bytes of a volume, as its guest does. */
export async function writeInto(stateDir: string, volume: string, bytes: Uint8Array, offset: number): Promise<void> {
  const file = await open(join(stateDir, 'volumes', volume), 'r+');
  await file.write(bytes, 0, bytes.length, offset);
  await file.close();
}

/** SHA-256 of what an embedded cloud stores of a volume. */
export function storedDigest(stateDir: string, volume: string): Promise<string> {
  return digestOfFile(join(stateDir, 'volumes', volume));
}

/** SHA-256 of what an embedded cloud stores of a snapshot of a volume. */
export function snapshotDigest(stateDir: string, snapshot: string): Promise<string> {
  return digestOfFile(join(stateDir, 'volume-snapshots', snapshot));
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

/** The name of the server that `addVolumeServer` makes. */
export const volumeServer = 'db/é';

/**
 * Adds to a shop a server that boots from a volume of its first image and has a data volume; the
 * root goes with the server, both have content, metadata and image metadata. The shop's own server,
 * which has a disk of its own, gets a volume, too.
 */
export async function addVolumeServer(user: OpenStackUser, stateDir: string): Promise<void> {
  const [image] = await user.list<Made>('image', '/images', 'images');
  const volumeOf = async (body: object): Promise<string> => {
    const { volume } = await user.send<{ volume: Made }>('POST', 'volumev3', '/volumes', { volume: { size: 1, ...body } });
    await untilAvailable(user, volume.id);
    return volume.id;
  };
  const act = (volume: string, action: object) => user.send('POST', 'volumev3', `/volumes/${volume}/action`, action);
  const root = await volumeOf({ name: 'db root', imageRef: image?.id, description: 'where it boots' });
  const data = await volumeOf({ name: 'db data', metadata: { 'used by': 'the shop', tier: 'two' } });
  await act(root, { 'os-set_image_metadata': { metadata: { hw_disk_bus: 'scsi', hw_scsi_model: 'virtio-scsi' } } });
  await writeInto(stateDir, root, Buffer.from('the root of the db'), 2_000_000);
  await writeInto(stateDir, data, Buffer.from('the data of the db'), 3_900_000);
  const flavors = await user.list<Made & { name: string }>('compute', '/flavors', 'flavors');
  const [network] = await user.list<Made>('network', '/networks?name=front', 'networks');
  const device = { source_type: 'volume', destination_type: 'volume' };
  const server = {
    name: volumeServer,
    flavorRef: flavors.find(({ name }) => name === 'm1.tiny')?.id,
    networks: [{ uuid: network?.id }],
    block_device_mapping_v2: [
      { ...device, uuid: root, boot_index: 0, delete_on_termination: true },
      { ...device, uuid: data, boot_index: null, tag: 'data' },
    ],
  };
  const made = await user.send<{ server: Made }>('POST', 'compute', '/servers', { server });
  await user.until('The server with volumes', async () => {
    const now = await user.get<{ server: { status: string } }>('compute', `/servers/${made.server.id}`);
    return now.server.status === 'ACTIVE' ? true : undefined;
  });
  await addVolumeTo(user, stateDir, 'web 1', { name: 'web data' });
}

/** Makes a volume with content, and attaches it to a server by a tag. */
export async function addVolumeTo(user: OpenStackUser, stateDir: string, server: string, fields: object): Promise<void> {
  const all = await user.list<Made & { name: string }>('compute', '/servers', 'servers');
  const owner = all.find(({ name }) => name === server);
  const { volume } = await user.send<{ volume: Made }>('POST', 'volumev3', '/volumes', { volume: { size: 1, ...fields } });
  await untilAvailable(user, volume.id);
  await writeInto(stateDir, volume.id, Buffer.from('the data of the web'), 1_000_000);
  const volumeAttachment = { volumeId: volume.id, tag: 'more', delete_on_termination: true };
  await user.send('POST', 'compute', `/servers/${owner?.id}/os-volume_attachments`, { volumeAttachment });
}

/**
 * Adds a volume that no server has, with content and every attribute that moves; returns its id.
 */
export async function addLoneVolume(user: OpenStackUser, stateDir: string, name = 'archive/é'): Promise<string> {
  const wanted = { size: 1, name, description: 'of last year', metadata: { tier: 'cold' } };
  const { volume } = await user.send<{ volume: Made }>('POST', 'volumev3', '/volumes', { volume: wanted });
  await untilAvailable(user, volume.id);
  const metadata = { hw_disk_bus: 'scsi' };
  await user.send('POST', 'volumev3', `/volumes/${volume.id}/action`, { 'os-set_image_metadata': { metadata } });
  await user.send('POST', 'volumev3', `/volumes/${volume.id}/action`, { 'os-set_bootable': { bootable: true } });
  await writeInto(stateDir, volume.id, Buffer.from('what nobody has attached'), 2_700_000);
  return volume.id;
}

/** Makes a snapshot of a volume; returns its id. */
export async function addVolumeSnapshot(user: OpenStackUser, volume_id: string, fields: object): Promise<string> {
  const asked = { snapshot: { volume_id, force: true, ...fields } };
  const { snapshot } = await user.send<{ snapshot: Made }>('POST', 'volumev3', '/snapshots', asked);
  await user.until(`Snapshot ${snapshot.id}`, async () => {
    const now = await user.get<{ snapshot: { status: string } }>('volumev3', `/snapshots/${snapshot.id}`);
    return now.snapshot.status === 'available' ? true : undefined;
  });
  return snapshot.id;
}

async function untilAvailable(user: OpenStackUser, id: string): Promise<void> {
  await user.until(`Volume ${id}`, async () => {
    const { volume } = await user.get<{ volume: SeenVolume }>('volumev3', `/volumes/${id}`);
    return volume.status === 'available' ? true : undefined;
  });
}
