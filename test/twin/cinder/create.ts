import { z } from 'zod';
import { parse } from '../body.ts';
import { imagePath } from '../cloud.ts';
import { maySee } from '../glance/images.ts';
import type { Image } from '../glance/model.ts';
import { newUuid } from '../identifier.ts';
import { badRequest } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { fillVolume, type Origin } from './fill.ts';
import type { Volume, VolumeSnapshot } from './model.ts';
import { checkVolumeQuota } from './quotas.ts';
import { typeFor } from './types.ts';
import { volumeView } from './view.ts';
import { cinderStamp, invalidInput, invalidVolume, snapshotOf, snapshotPath, volumeOf, volumePath } from './volume.ts';

/** Metadata as Cinder takes it: keys of 1 to 255 characters, values of at most 255. */
export const volumeMetadata = z.record(z.string().min(1).max(255), z.string().max(255));

const wanted = z.object({
  volume: z.looseObject({
    size: z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]).nullish(),
    name: z.string().max(255).nullish(),
    description: z.string().max(255).nullish(),
    availability_zone: z.string().nullish(),
    volume_type: z.string().nullish(),
    metadata: volumeMetadata.nullish(),
    imageRef: z.string().nullish(),
    snapshot_id: z.string().nullish(),
    source_volid: z.string().nullish(),
    group_id: z.string().nullish(),
    multiattach: z.unknown().optional(),
  }),
});

type Given = z.infer<typeof wanted>['volume'];

/**
 * POST /v3/{project}/volumes: blank, or from a snapshot, a volume or an image
 * (cinder/volume/flows/api/create_volume.py, ExtractVolumeRequestTask).
 */
export function createVolume(call: Call): Answer {
  const { cloud, caller } = call;
  const given = parse(wanted, call.body).volume;
  // Since 2023.1 the type alone decides (cinder/api/v3/volumes.py, `create`).
  if (given.multiattach === true)
    throw badRequest(
      'multiattach parameter has been removed. The default behavior is to use multiattach enabled volume types. Contact your administrator to create a multiattach enabled volume type and use it to create multiattach volumes.',
    );
  const snapshot = given.snapshot_id ? snapshotFor(call, given.snapshot_id) : undefined;
  const source = given.source_volid ? sourceFor(call, given.source_volid) : undefined;
  const image = given.imageRef ? imageFor(call, given.imageRef) : undefined;
  const sizeGiB = sizeFor(given, snapshot, source);
  if (image !== undefined) checkImage(image, sizeGiB);
  const template = source ?? (snapshot === undefined ? undefined : cloud.state.volumes.get(snapshot.volumeId));
  const type = typeFor(cloud, caller, given.volume_type ?? template?.typeId ?? null);
  const zone = given.availability_zone ?? template?.zone ?? cloud.settings.volumeZones[0] ?? 'nova';
  if (!cloud.settings.volumeZones.includes(zone)) throw invalidInput(`Availability zone '${zone}' is invalid.`);
  checkVolumeQuota(cloud, caller.projectId, 'volumes', sizeGiB, type.id);
  const now = cinderStamp();
  const volume: Volume = {
    id: newUuid(),
    name: given.name ?? null,
    description: given.description ?? null,
    status: 'creating',
    sizeGiB,
    projectId: caller.projectId,
    userId: caller.userId,
    typeId: type.id,
    zone,
    bootable: image === undefined ? (template?.bootable ?? false) : false,
    encrypted: type.encrypted,
    multiattach: type.extraSpecs['multiattach'] === '<is> True',
    readOnly: false,
    metadata: given.metadata ?? {},
    imageMetadata: { ...template?.imageMetadata },
    snapshotId: snapshot?.id ?? null,
    sourceVolumeId: source?.id ?? null,
    cloneOfImage: cloud.settings.clonesImages && image?.diskFormat === 'raw' ? image.id : null,
    groupId: call.minor >= 13 ? (given.group_id ?? null) : null,
    attachments: [],
    createdAt: now,
    updatedAt: now,
  };
  cloud.state.volumes.set(volume.id, volume);
  cloud.changed();
  fillVolume(cloud, volume, originOf(call, snapshot, source, image));
  return { status: 202, body: { volume: volumeView(call, volume) } };
}

function originOf({ cloud }: Call, snapshot?: VolumeSnapshot, source?: Volume, image?: Image): Origin | null {
  if (snapshot !== undefined) return { path: snapshotPath(cloud, snapshot.id) };
  if (source !== undefined) return { path: volumePath(cloud, source.id) };
  return image === undefined ? null : { path: imagePath(cloud, image.id), image };
}

function snapshotFor(call: Call, id: string): VolumeSnapshot {
  const snapshot = snapshotOf(call, id);
  if (snapshot.status !== 'available')
    throw badRequest(`Invalid snapshot: Originating snapshot status must be one of 'available' values`);
  return snapshot;
}

function sourceFor(call: Call, id: string): Volume {
  const source = volumeOf(call, id);
  if (!['available', 'in-use'].includes(source.status))
    throw invalidVolume(`Originating source volume status must be one of 'available, in-use' values`);
  return source;
}

function imageFor({ cloud, caller }: Call, id: string): Image {
  const image = cloud.state.images.get(id);
  if (image === undefined || !maySee(caller, image))
    throw badRequest('Invalid image identifier or unable to access requested image.');
  if (image.status !== 'active') throw invalidInput(`Image ${id} is not active.`);
  return image;
}

function sizeFor({ size }: Given, snapshot?: VolumeSnapshot, source?: Volume): number {
  const least = snapshot?.sizeGiB ?? source?.sizeGiB;
  const wantedSize = size ?? least;
  if (wantedSize === undefined || wantedSize < 1)
    throw invalidInput(
      `Invalid volume size provided for create request: ${wantedSize ?? 'None'} (size argument must be an integer (or string representation of an integer) and greater than zero).`,
    );
  if (least !== undefined && wantedSize < least)
    throw invalidInput(
      `Volume size '${wantedSize}'GB cannot be smaller than the ${snapshot === undefined ? 'original volume' : 'snapshot'} size ${least}GB. They must be >= ${snapshot === undefined ? 'original volume' : 'original snapshot'} size.`,
    );
  return wantedSize;
}

function checkImage({ size, virtualSize, minDisk }: Image, sizeGiB: number): void {
  const imageGiB = Math.ceil((virtualSize ?? size ?? 0) / 2 ** 30);
  if (imageGiB > sizeGiB) throw invalidInput(`Size of specified image ${imageGiB}GB is larger than volume size ${sizeGiB}GB.`);
  if (minDisk > sizeGiB)
    throw invalidInput(`Volume size ${sizeGiB}GB cannot be smaller than the image minDisk size ${minDisk}GB.`);
}
