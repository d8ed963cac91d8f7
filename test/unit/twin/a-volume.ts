import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { whenStatus } from './a-tenant.ts';
import { type Client, type Json, microversion, type Reply, until } from './a-twin.ts';

/** The header that asks for a microversion of Cinder. */
export const volumeVersion = (version: string): Record<string, string> => ({ 'openstack-api-version': `volume ${version}` });

/** Asks Cinder; the path begins behind the project. */
export function askCinder(client: Client, method: string, path: string, body?: unknown, version = '3.70'): Promise<Reply> {
  return client.ask(method, `/volume/v3/${client.projectId}${path}`, body, volumeVersion(version));
}

/** The volume or snapshot when its status is the wanted one. */
export function whenVolumeIs(client: Client, id: string, status: string, kind = 'volume'): Promise<Reply> {
  return until(
    () => askCinder(client, 'GET', `/${kind}s/${id}`),
    (reply) => reply.at(`${kind}.status`) === status,
  );
}

/** A volume of one GiB that has become available. */
export async function aVolume(client: Client, extra: Json = {}): Promise<string> {
  const made = await askCinder(client, 'POST', '/volumes', { volume: { size: 1, name: 'a volume', ...extra } });
  const id = made.textAt('volume.id');
  await whenVolumeIs(client, id, 'available');
  return id;
}

/** A snapshot of a volume that has become available. */
export async function aVolumeSnapshot(client: Client, volume: string, extra: Json = {}): Promise<string> {
  const made = await askCinder(client, 'POST', '/snapshots', { snapshot: { volume_id: volume, ...extra } });
  const id = made.textAt('snapshot.id');
  await whenVolumeIs(client, id, 'available', 'snapshot');
  return id;
}

/** A server that boots from a volume and has become ACTIVE. */
export async function aVolumeServer(
  client: Client,
  flavorRef: string,
  devices: readonly Json[],
  extra: Json = {},
): Promise<string> {
  const server = { name: 'db 1', flavorRef, networks: 'none', block_device_mapping_v2: devices, ...extra };
  const made = await client.ask('POST', '/compute/v2.1/servers', { server }, microversion('2.93'));
  const id = made.textAt('server.id');
  await whenStatus(client, id, 'ACTIVE');
  return id;
}

/** An entry of block_device_mapping_v2 for a volume. */
export const deviceOf = (uuid: string, boot_index: number | null, more: Json = {}): Json => ({
  uuid,
  source_type: 'volume',
  destination_type: 'volume',
  boot_index,
  ...more,
});

/** Writes bytes into a volume, as a guest does. */
export async function writeVolume(stateDir: string, id: string, bytes: Uint8Array, offset = 0): Promise<void> {
  const file = await open(join(stateDir, 'volumes', id), 'r+');
  await file.write(bytes, 0, bytes.length, offset);
  await file.close();
}

/** The SHA-256 of everything that a twin stores in one of its files. */
export async function digestOfStored(stateDir: string, folder: string, id: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(join(stateDir, folder, id), { highWaterMark: 1 << 20 }))
    hash.update(bytes as Buffer);
  return hash.digest('hex');
}
