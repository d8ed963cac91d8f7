import { type ResourceOf, refOf } from '../../../model/resource.ts';
import type { ApiFlavor, ApiImage, ApiServer } from '../api.ts';
import { describe } from '../attributes/describe.ts';
import { guestProperties, propertiesOf } from '../images/image-properties.ts';
import { bootsFromVolume, describeAttachments } from '../volumes/attachments.ts';
import type { Contents } from './contents.ts';
import { inInterfaceOrder } from './interface-order.ts';
import { describeVolume, readableOf, volumesOfServer } from './volumes.ts';

const bytesPerGiB = 1024 ** 3;

/** A server with its flavor, volumes and disks. */
export interface DescribedServer {
  readonly flavor: ResourceOf<'flavor'>;
  readonly disks: readonly ResourceOf<'disk'>[];
  readonly volumes: readonly ResourceOf<'volume'>[];
  readonly server: ResourceOf<'server'>;
}

/**
 * Describes a server, its flavor, volumes and disks. An unreadable key is left out: the guest has
 * it on its disk.
 */
export function describeServer(server: ApiServer, contents: Contents): DescribedServer {
  const { ports, flavors, images, keypairs } = contents;
  const own = ports.filter((port) => port.device_id === server.id);
  const flavor = flavorOf(server, flavors);
  const image = images.find(({ id }) => server.image && id === server.image.id);
  const disk = bootsFromVolume(server) ? null : diskOf(server, image ?? heirOf(server, contents));
  const parts = volumesOfServer(server, contents).map((volume) => describeVolume(volume, server, contents));
  const disks = [...(disk === null ? [] : [disk]), ...parts.map((part) => part.disk)];
  const volumes = parts.map((part) => part.volume);
  const keypair = keypairs.find((pair) => pair.name === server.key_name && pair.user_id === server.user_id);
  const described = describe('server', server, {
    flavor_id: flavor.id,
    vcpus: flavor.vcpus,
    memory_mib: flavor.ram,
    key_name: keypair?.name ?? null,
    ports: inInterfaceOrder(server, own).ports.map((port) => port.id),
    port_tags: contents.portTags.get(server.id) ?? {},
    disks: disks.map(({ id }) => id),
    volumes: describeAttachments(server, contents.attachments.get(server.id) ?? []),
    image_id: bootsFromVolume(server) || !server.image ? null : server.image.id,
    needs: readableOf(server, contents).map(({ id }) => refOf('volume', id)),
  });
  return { flavor, disks, volumes, server: described };
}

/** The listed flavor of a server, if it is unchanged. */
export function listedFlavor(server: ApiServer, flavors: readonly ApiFlavor[]): ApiFlavor | undefined {
  const { original_name: name, vcpus, ram, disk } = server.flavor;
  return flavors.find((flavor) => flavor.name === name && flavor.vcpus === vcpus && flavor.ram === ram && flavor.disk === disk);
}

/**
 * Describes a server's flavor as the server embeds it; the id and the missing fields come from the
 * flavor list.
 */
function flavorOf(server: ApiServer, flavors: readonly ApiFlavor[]): ResourceOf<'flavor'> {
  const { original_name: name, ephemeral, extra_specs, ...sizes } = server.flavor;
  const listed = listedFlavor(server, flavors);
  return describe('flavor', {
    ...listed,
    ...sizes,
    id: listed?.id ?? encodeURIComponent(name),
    name,
    'OS-FLV-EXT-DATA:ephemeral': ephemeral,
    extra_specs: extra_specs ?? listed?.extra_specs,
  });
}

/** A server's flavor as far as the server itself tells it: without the id of the flavor list. */
export function bareFlavorOf(server: ApiServer): ResourceOf<'flavor'> {
  return flavorOf(server, []);
}

/**
 * The snapshot with the properties of a deleted image: one of this server, or of another server
 * made from the image.
 */
export function heirOf(server: ApiServer, { heirs }: Contents): ApiImage | undefined {
  const base = server.image ? server.image.id : undefined;
  const all = heirs.filter((one) => base !== undefined && one['base_image_ref'] === base);
  return all.find((one) => one['instance_uuid'] === server.id) ?? all.at(0);
}

/** Describes the disk that a server made from an image boots from. */
function diskOf(server: ApiServer, image: ApiImage | undefined): ResourceOf<'disk'> {
  const imageGiB = Math.max(image?.min_disk ?? 0, Math.ceil((image?.virtual_size ?? 0) / bytesPerGiB));
  return describe('disk', server, {
    id: `${server.id}.root`,
    server_id: server.id,
    min_disk: server.flavor.disk > 0 ? server.flavor.disk : imageGiB,
    min_ram: image?.min_ram ?? 0,
    properties: image === undefined ? {} : guestProperties(propertiesOf(image)),
  });
}
