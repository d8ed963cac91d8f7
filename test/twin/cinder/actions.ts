import { truncate } from 'node:fs/promises';
import { z } from 'zod';
import { anyRecord, parse } from '../body.ts';
import { requireAdmin } from '../policy.ts';
import { badRequest, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import type { Volume } from './model.ts';
import { uploadToImage } from './upload.ts';
import { bytesOf, invalidVolume, touchVolume, volumeOf, volumePath } from './volume.ts';

type Action = (call: Call, volume: Volume, parameters: unknown) => Answer;

const accepted: Answer = { status: 202 };

/** Image metadata lies in rows of its own, and the record of the volume keeps its date. */
const setImageMetadata: Action = ({ cloud }, volume, parameters) => {
  const { metadata } = parse(z.object({ metadata: z.record(z.string().min(1).max(255), z.string()) }), parameters);
  Object.assign(volume.imageMetadata, metadata);
  cloud.changed();
  return { status: 200, body: { metadata: volume.imageMetadata } };
};

const unsetImageMetadata: Action = ({ cloud }, volume, parameters) => {
  const { key } = parse(z.object({ key: z.string().min(1) }), parameters);
  if (volume.imageMetadata[key] === undefined) throw notFound('Metadata item was not found.');
  volume.imageMetadata = Object.fromEntries(Object.entries(volume.imageMetadata).filter(([name]) => name !== key));
  cloud.changed();
  return { status: 200 };
};

const setBootable: Action = ({ cloud }, volume, parameters) => {
  volume.bootable = parse(z.object({ bootable: z.boolean() }), parameters).bootable;
  touchVolume(cloud, volume);
  return { status: 200 };
};

/** cinder/volume/api.py, `update_readonly_flag`. */
const setReadOnly: Action = ({ cloud }, volume, parameters) => {
  const { readonly } = parse(z.object({ readonly: z.boolean() }), parameters);
  if (volume.status !== 'available')
    throw invalidVolume(
      `Volume ${volume.id} status must be available to update readonly flag, but current status is: ${volume.status}.`,
    );
  volume.readOnly = readonly;
  touchVolume(cloud, volume);
  return accepted;
};

/** From 3.42 on also in use (cinder/api/contrib/volume_actions.py, `_extend`). */
const extend: Action = ({ cloud, minor }, volume, parameters) => {
  const { new_size } = parse(z.object({ new_size: z.int().min(1) }), parameters);
  const before = volume.status;
  if (before !== 'available' && !(before === 'in-use' && minor >= 42))
    throw invalidVolume(`Volume ${volume.id} status must be '{'status': 'available'}' to extend, currently ${volume.status}.`);
  if (new_size <= volume.sizeGiB)
    throw badRequest(
      `Invalid input received: New size for extend must be greater than current size. (current: ${volume.sizeGiB}, extended: ${new_size}).`,
    );
  volume.status = 'extending';
  touchVolume(cloud, volume);
  cloud.background.run(async () => {
    await cloud.background.pause(200);
    await truncate(volumePath(cloud, volume.id), bytesOf(cloud, new_size));
    volume.sizeGiB = new_size;
    volume.status = before;
    touchVolume(cloud, volume);
  });
  return accepted;
};

const resetStatus: Action = ({ cloud, caller }, volume, parameters) => {
  requireAdmin(caller, 'volume_extension:volume_admin_actions:reset_status');
  volume.status = parse(z.object({ status: z.enum(['available', 'error', 'in-use', 'maintenance']) }), parameters).status;
  touchVolume(cloud, volume);
  return accepted;
};

const actions: Readonly<Record<string, Action>> = {
  'os-volume_upload_image': uploadToImage,
  'os-set_image_metadata': setImageMetadata,
  'os-unset_image_metadata': unsetImageMetadata,
  'os-show_image_metadata': (_call, volume) => ({ status: 200, body: { metadata: volume.imageMetadata } }),
  'os-set_bootable': setBootable,
  'os-update_readonly_flag': setReadOnly,
  'os-extend': extend,
  'os-reset_status': resetStatus,
};

/** POST /v3/{project}/volumes/{id}/action: the body's single key is the action. */
function act(call: Call): Answer {
  const volume = volumeOf(call);
  const body = parse(anyRecord, call.body);
  const [name = '', ...more] = Object.keys(body);
  const action = actions[name];
  if (action === undefined || more.length > 0) throw badRequest(`There is no such action: ${name}`);
  return action(call, volume, body[name]);
}

/** Actions on volumes. */
export const volumeActionRoutes: readonly Route[] = [route('volume', 'POST', '/v3/:project/volumes/:id/action', act)];
