import { z } from 'zod';
import { parse } from '../body.ts';
import { bytesOf } from '../cinder/volume.ts';
import { type Cloud, quotaOf } from '../cloud.ts';
import { maySee } from '../glance/images.ts';
import type { Image } from '../glance/model.ts';
import { newUuid, stamp } from '../identifier.ts';
import { badRequest, forbidden } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { nextNumber } from '../state.ts';
import { buildServer } from './build.ts';
import { findFlavor } from './flavors.ts';
import { recordAction } from './instance-actions.ts';
import { metadataSchema } from './metadata.ts';
import type { Flavor, Server, ServerVolume } from './model.ts';
import { serverName } from './names.ts';
import { requestNetworks } from './networks.ts';
import { joinGroup } from './server-groups.ts';
import { tagSchema } from './tags.ts';
import { linksOf } from './view.ts';
import { blockDevice, checkZones, reserveVolumes, rootVolume, wantedVolumes } from './volumes.ts';

const networkRequest = z.strictObject({
  uuid: z.string().optional(),
  port: z.string().nullish(),
  fixed_ip: z.string().optional(),
  tag: z.string().optional(),
});

/** The request of "Create server" up to 2.93, without what the twin does not have. */
const newServer = z.object({
  server: z.strictObject({
    name: serverName,
    imageRef: z.string().optional(),
    flavorRef: z.union([z.string(), z.int()]).transform(String),
    networks: z.union([z.array(networkRequest), z.literal('auto'), z.literal('none')]).optional(),
    security_groups: z.array(z.strictObject({ name: z.string().optional() })).optional(),
    key_name: z.string().nullish(),
    metadata: metadataSchema.optional(),
    user_data: z.string().max(65535).nullish(),
    config_drive: z.union([z.boolean(), z.string()]).nullish(),
    availability_zone: z.string().nullish(),
    adminPass: z.string().optional(),
    accessIPv4: z.string().optional(),
    accessIPv6: z.string().optional(),
    'OS-DCF:diskConfig': z.enum(['AUTO', 'MANUAL']).optional(),
    min_count: z.coerce.number().optional(),
    max_count: z.coerce.number().optional(),
    personality: z.unknown().optional(),
    block_device_mapping: z.unknown().optional(),
    block_device_mapping_v2: z.array(blockDevice).optional(),
    description: z.string().max(255).nullish(),
    tags: z.array(tagSchema).max(50).optional(),
    // nova/api/validation/parameter_types.py, hostname: a label of at least two characters. From
    // 2.94 on a full name with dots may be given.
    hostname: z
      .string()
      .regex(/^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$/)
      .max(63)
      .optional(),
    host: z.string().optional(),
    hypervisor_hostname: z.string().optional(),
    trusted_image_certificates: z.unknown().optional(),
    return_reservation_id: z.unknown().optional(),
  }),
  'os:scheduler_hints': z.unknown().optional(),
  'OS-SCH-HNT:scheduler_hints': z.unknown().optional(),
});

type Given = z.infer<typeof newServer>['server'];

/** The microversion that brought each later field, and the one that took personality away. */
const since: Readonly<Record<string, number>> = {
  description: 19,
  tags: 52,
  trusted_image_certificates: 63,
  host: 74,
  hypervisor_hostname: 74,
  hostname: 90,
};

function checkMicroversion(call: Call, given: Given): void {
  for (const [key, value] of Object.entries(given)) {
    const needed = since[key] ?? 1;
    if (value !== undefined && (call.minor < needed || (key === 'personality' && call.minor >= 57))) {
      throw badRequest(`Additional properties are not allowed ('${key}' was unexpected)`);
    }
  }
  if (given.networks === undefined && call.minor >= 37)
    throw badRequest("Invalid input for field/attribute server. 'networks' is a required property");
  if (typeof given.networks === 'string' && call.minor < 37)
    throw badRequest(
      `Invalid input for field/attribute networks. Value: ${given.networks}. '${given.networks}' is not of type 'array'`,
    );
  if (given.host !== undefined || given.hypervisor_hostname !== undefined) {
    if (!call.caller.admin) throw forbidden("Policy doesn't allow compute:servers:create:requested_destination to be performed.");
  }
}

/**
 * POST /v2.1/servers: everything that can be refused is refused now, the rest happens in the
 * background.
 */
export function createServer(call: Call): Answer {
  const { cloud } = call;
  const given = parse(newServer, call.body).server;
  checkMicroversion(call, given);
  if (given.block_device_mapping !== undefined)
    throw badRequest('Block Device Mapping is Invalid: this cloud takes block_device_mapping_v2 only.');
  if ((given.min_count ?? 1) !== 1 || (given.max_count ?? 1) !== 1)
    throw badRequest('Invalid input for field/attribute min_count. This cloud creates one server at a time.');
  const imageRef = given.imageRef ?? '';
  const volumes = wantedVolumes(call, imageRef, given.block_device_mapping_v2 ?? []);
  const image = imageRef === '' && rootVolume({ volumes }) !== undefined ? null : imageFor(call, imageRef);
  const flavor = findFlavor(cloud, call.caller, given.flavorRef);
  if (flavor === undefined) throw badRequest(`Flavor ${given.flavorRef} could not be found.`);
  if (image !== null) checkFit(call, image, flavor);
  if (given.key_name && !cloud.state.keypairs.has(`${call.caller.userId}:${given.key_name}`))
    throw badRequest('Invalid key_name provided.');
  const place = placeFor(call, given.availability_zone ?? null);
  checkZones(call, volumes, given.availability_zone ?? null);
  const requested = requestNetworks(
    call,
    given.networks,
    (given.security_groups ?? []).map((group) => group.name ?? 'default'),
  );
  checkServerQuota(cloud, call.caller.projectId, flavor);
  checkMetadataQuota(call, Object.keys(given.metadata ?? {}).length);
  const server = newRecord(call, given, bootFrom(call, image, volumes), flavor, place, requested);
  recordAction(call, server, 'create');
  joinGroup(call, server.id);
  cloud.state.servers.set(server.id, server);
  reserveVolumes(cloud, volumes);
  cloud.changed();
  buildServer(cloud, server);
  const brief = { id: server.id, links: linksOf(cloud, `servers/${server.id}`), 'OS-DCF:diskConfig': server.diskConfig };
  const body = {
    server: {
      ...brief,
      security_groups: requested.groupNames.map((name) => ({ name })),
      adminPass: given.adminPass ?? newUuid().slice(0, 12),
    },
  };
  return { status: 202, headers: { location: `${cloud.url('compute')}/v2.1/servers/${server.id}` }, body };
}

function imageFor(call: Call, id: string): Image {
  if (id === '') throw badRequest('Missing imageRef attribute');
  const image = call.cloud.state.images.get(id);
  if (image === undefined || !maySee(call.caller, image)) throw badRequest('Can not find requested image');
  if (image.status !== 'active') throw badRequest(`Image ${id} is not active.`);
  return image;
}

/** What a server boots from: an image, or a volume that tells what its image told. */
interface Boot {
  readonly imageId: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly format: Server['imageFormat'];
  readonly volumes: readonly ServerVolume[];
}

function bootFrom({ cloud }: Call, image: Image | null, volumes: readonly ServerVolume[]): Boot {
  if (image === null) {
    const volume = cloud.state.volumes.get(rootVolume({ volumes })?.volumeId ?? '');
    const size = bytesOf(cloud, volume?.sizeGiB ?? 0);
    const format = { disk: 'raw', container: 'bare', size, minDisk: 0, minRam: 0 };
    return { imageId: '', properties: { ...volume?.imageMetadata }, format, volumes };
  }
  const format = {
    // As the disk lies on the hypervisor, which keeps what it can read raw; its snapshots are of
    // that format.
    disk: image.diskFormat === null || image.diskFormat === 'qcow2' ? 'raw' : image.diskFormat,
    container: image.containerFormat ?? 'bare',
    size: image.virtualSize ?? image.size ?? 0,
    minDisk: image.minDisk,
    minRam: image.minRam,
  };
  return { imageId: image.id, properties: { ...image.properties }, format, volumes };
}

function checkFit(call: Call, image: Image, flavor: Flavor): void {
  const mayHaveNoDisk = call.caller.admin || call.cloud.settings.zeroDiskForMembers;
  if (flavor.diskGiB === 0 && !mayHaveNoDisk)
    throw forbidden('Only volume-backed servers are allowed for flavors with zero disk.');
  if (image.minRam > flavor.ramMiB) throw badRequest("Flavor's memory is too small for requested image.");
  if (flavor.diskGiB === 0) return;
  const bytes = flavor.diskGiB * 2 ** 30;
  const needed = image.virtualSize ?? image.size ?? 0;
  if (needed > bytes)
    throw badRequest(`Flavor's disk is too small for requested image. Flavor disk is ${bytes} bytes, image is ${needed} bytes.`);
  if (image.minDisk > flavor.diskGiB)
    throw badRequest(
      `Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is ${bytes} bytes, minimum size is ${image.minDisk * 2 ** 30} bytes.`,
    );
}

/** `ZONE` or `ZONE:HOST`; whether there is such a host is the scheduler's to find out. */
function placeFor(call: Call, asked: string | null): { zone: string; forcedHost: string | null } {
  const [zone = 'nova', host] = (asked ?? 'nova').split(':');
  if (host !== undefined && !call.caller.admin)
    throw forbidden("Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.");
  if (zone !== 'nova') throw badRequest('The requested availability zone is not available');
  return { zone, forcedHost: host ?? null };
}

/** Refuses a server that the project's quota does not cover, in Nova's words. */
function checkServerQuota(cloud: Cloud, projectId: string, flavor: Flavor): void {
  const servers = [...cloud.state.servers.values()].filter((server) => server.projectId === projectId);
  const sum = (of: (flavor: Flavor) => number): number => servers.reduce((total, server) => total + of(server.flavor), 0);
  const wanted = {
    instances: [1, servers.length],
    cores: [flavor.vcpus, sum((each) => each.vcpus)],
    ram: [flavor.ramMiB, sum((each) => each.ramMiB)],
  };
  const over = Object.entries(wanted).flatMap(([name, [more = 0, used = 0]]) => {
    const limit = quotaOf(cloud, 'compute', projectId, name);
    return limit >= 0 && used + more > limit ? [{ name, more, used, limit }] : [];
  });
  if (over.length === 0) return;
  const list = (of: (each: (typeof over)[number]) => string | number): string => over.map(of).join(', ');
  const names = list((each) => each.name);
  throw forbidden(
    `Quota exceeded for ${names}: Requested ${list((each) => each.more)}, but already used ${list((each) => each.used)} of ${list((each) => each.limit)} ${names}`,
  );
}

function checkMetadataQuota(call: Call, items: number): void {
  const limit = quotaOf(call.cloud, 'compute', call.caller.projectId, 'metadata_items');
  if (limit >= 0 && items > limit)
    throw forbidden(`Quota exceeded for metadata_items: Requested ${items}, but already used 0 of ${limit} metadata_items`);
}

/** A host name made from a server's name, as Nova's sanitize_hostname makes it. */
function hostnameFrom(name: string, id: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[\s_]/g, '-')
    .replaceAll(/[^\w.-]+/g, '')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, 63);
  return plain === '' ? `server-${id}` : plain;
}

/**
 * The cloud and the image may ask for a config drive as well (nova/virt/configdrive.py,
 * required_by).
 */
function hasConfigDrive(call: Call, given: Given, boot: Boot): boolean {
  if (call.cloud.settings.forceConfigDrive || boot.properties['img_config_drive'] === 'mandatory') return true;
  return given.config_drive === true || /^(true|1|yes|on|t|y)$/i.test(String(given.config_drive ?? ''));
}

function newRecord(
  call: Call,
  given: Given,
  boot: Boot,
  flavor: Flavor,
  place: ReturnType<typeof placeFor>,
  requested: ReturnType<typeof requestNetworks>,
): Server {
  const id = newUuid();
  const now = stamp();
  return {
    id,
    name: given.name,
    projectId: call.caller.projectId,
    userId: call.caller.userId,
    imageId: boot.imageId,
    imageProperties: boot.properties,
    imageFormat: boot.format,
    volumes: [...boot.volumes],
    flavor: { ...flavor, extraSpecs: { ...flavor.extraSpecs } },
    vmState: 'building',
    taskState: 'scheduling',
    powerState: 0,
    fault: null,
    metadata: given.metadata ?? {},
    tags: [...new Set(given.tags)],
    description: given.description ?? (call.minor < 19 ? given.name : null),
    locked: false,
    lockedReason: null,
    lockedBy: null,
    keyName: given.key_name ?? null,
    userData: given.user_data ?? null,
    configDrive: hasConfigDrive(call, given, boot),
    ...place,
    hostname: given.hostname ?? hostnameFrom(given.name, id),
    host: null,
    portIds: [],
    ownPortIds: [],
    requested: requested.requests,
    groupNames: requested.groupNames,
    accessIPv4: given.accessIPv4 ?? '',
    accessIPv6: given.accessIPv6 ?? '',
    diskConfig: given['OS-DCF:diskConfig'] ?? 'MANUAL',
    reservationId: `r-${newUuid().slice(0, 8)}`,
    number: nextNumber(call.cloud.state, 'instance'),
    createdAt: now,
    updatedAt: now,
    launchedAt: null,
    actions: [],
    console: [],
  };
}
