import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiFlavor, ApiImage, ApiKeypair, ApiPort, ApiServer } from '../api.ts';
import { guestProperties, propertiesOf } from '../image-properties.ts';
import { powerOf } from '../server-state.ts';
import { foreignTags } from '../stamp.ts';
import { bootsFromVolume, volumesOf } from './servers.ts';

const bytesPerGiB = 1024 ** 3;

/** Describes a server's flavor as the server embeds it; its id is found by name, where the flavor still is as it was. */
export function flavorOf(server: ApiServer, flavors: readonly ApiFlavor[]): ResourceOf<'flavor'> {
  const { original_name: name, vcpus, ram, disk, ephemeral, extra_specs } = server.flavor;
  const listed = flavors.find(
    (flavor) => flavor.name === name && flavor.vcpus === vcpus && flavor.ram === ram && flavor.disk === disk,
  );
  return {
    kind: 'flavor',
    id: listed?.id ?? encodeURIComponent(name),
    name,
    needs: [],
    vcpus,
    ram,
    disk,
    ephemeral,
    swap: Number(server.flavor.swap || 0),
    extra_specs: { ...(extra_specs ?? listed?.extra_specs) },
    is_public: listed?.['os-flavor-access:is_public'] ?? true,
  };
}

/** Describes the image a server was made from. */
export function imageOf(image: ApiImage): ResourceOf<'image'> {
  return {
    kind: 'image',
    id: image.id,
    name: image.name ?? '',
    needs: [],
    disk_format: image.disk_format,
    container_format: image.container_format,
    size: image.size,
    min_disk: image.min_disk,
    min_ram: image.min_ram,
    visibility: image.visibility,
    os_hash_algo: image.os_hash_algo ?? null,
    os_hash_value: image.os_hash_value ?? null,
    checksum: image.checksum ?? null,
    properties: propertiesOf(image),
  };
}

/** Describes a keypair. */
export function keypairOf(keypair: ApiKeypair): ResourceOf<'keypair'> {
  const { name, public_key, fingerprint, type = 'ssh', user_id = '' } = keypair;
  return { kind: 'keypair', id: name, name, needs: [], type, public_key, fingerprint, user_id };
}

/** Describes the disk a server boots from; null for a server whose disk is a volume. */
export function diskOf(server: ApiServer, image: ApiImage | undefined): ResourceOf<'disk'> | null {
  if (bootsFromVolume(server)) return null;
  const imageGiB = Math.max(image?.min_disk ?? 0, Math.ceil((image?.virtual_size ?? 0) / bytesPerGiB));
  return {
    kind: 'disk',
    id: `${server.id}.root`,
    name: server.name,
    needs: [],
    server_id: server.id,
    boot_index: 0,
    min_disk: server.flavor.disk > 0 ? server.flavor.disk : imageGiB,
    min_ram: image?.min_ram ?? 0,
    properties: image === undefined ? {} : guestProperties(propertiesOf(image)),
  };
}

/** What a server refers to, each already described. */
export interface ServerParts {
  readonly flavor: ResourceOf<'flavor'>;
  readonly disk: ResourceOf<'disk'> | null;
  readonly keypair: ApiKeypair | undefined;
  readonly ports: readonly ApiPort[];
}

/** Describes a server. A key that cannot be read is left out: the guest has it on its disk. */
export function serverOf(server: ApiServer, parts: ServerParts): ResourceOf<'server'> {
  const { flavor, disk, keypair, ports } = parts;
  return {
    kind: 'server',
    id: server.id,
    name: server.name,
    needs: [
      refOf('flavor', flavor.id),
      ...(keypair === undefined ? [] : [refOf('keypair', keypair.name)]),
      ...ports.map((port) => refOf('port', port.id)),
      ...(disk === null ? [] : [refOf('disk', disk.id)]),
    ],
    description: server.description ?? '',
    power: powerOf(server),
    vcpus: flavor.vcpus,
    memory_mib: flavor.ram,
    flavor_id: flavor.id,
    image_id: bootsFromVolume(server) || !server.image ? null : server.image.id,
    ports: ports.map((port) => port.id),
    disks: disk === null ? [] : [disk.id],
    volumes: volumesOf(server),
    key_name: keypair?.name ?? null,
    metadata: { ...server.metadata },
    tags: foreignTags(server.tags),
    user_data: server['OS-EXT-SRV-ATTR:user_data'] ?? null,
    config_drive: /^(true|1)$/i.test(server.config_drive),
    availability_zone: server['OS-EXT-AZ:availability_zone'] ?? '',
    hostname: server['OS-EXT-SRV-ATTR:hostname'] ?? '',
    locked: server.locked ?? false,
    user_id: server.user_id,
  };
}
