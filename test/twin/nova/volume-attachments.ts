import { z } from 'zod';
import { parse } from '../body.ts';
import { newUuid } from '../identifier.ts';
import { badRequest, conflict, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { checkState, checkUnlocked, serverOf, touchServer } from './instance.ts';
import { recordAction } from './instance-actions.ts';
import type { Server, ServerVolume, VmState } from './model.ts';
import { attachVolume, detachVolume, freeDevice, reservable } from './volumes.ts';

/** The states of a server whose volumes may be changed (nova/compute/api.py, `attach_volume`). */
const changeable: readonly VmState[] = ['active', 'paused', 'stopped'];

/** nova/api/openstack/compute/volume_attachments.py, `_translate_attachment_detail_view`. */
function view({ minor }: Call, server: Server, one: ServerVolume): Record<string, unknown> {
  return {
    ...(minor >= 89 ? {} : { id: one.volumeId }),
    volumeId: one.volumeId,
    serverId: server.id,
    device: one.device,
    ...(minor >= 70 ? { tag: one.tag } : {}),
    ...(minor >= 79 ? { delete_on_termination: one.deleteOnTermination } : {}),
    ...(minor >= 89 ? { attachment_id: one.attachmentId, bdm_uuid: one.bdmId } : {}),
  };
}

function attached(call: Call, server: Server): ServerVolume {
  const id = call.param('volume');
  const found = server.volumes.find(({ volumeId }) => volumeId === id);
  if (found === undefined) throw notFound(`Instance ${server.id} is not attached to volume ${id}`);
  return found;
}

const wanted = z.strictObject({
  volumeAttachment: z.strictObject({
    volumeId: z.string(),
    device: z.string().nullish(),
    tag: z.string().min(1).max(60).nullish(),
    delete_on_termination: z.boolean().optional(),
  }),
});

function attach(call: Call): Answer {
  const { cloud } = call;
  const server = serverOf(call);
  const given = parse(wanted, call.body).volumeAttachment;
  checkUnlocked(call, server);
  checkState(server, 'attach_volume', changeable);
  const volume = reservable(call, given.volumeId);
  const one: ServerVolume = {
    volumeId: volume.id,
    device: freeDevice(server),
    bootIndex: null,
    tag: given.tag ?? null,
    deleteOnTermination: given.delete_on_termination ?? false,
    attachmentId: newUuid(),
    bdmId: newUuid(),
  };
  server.volumes.push(one);
  attachVolume(cloud, server, one);
  recordAction(call, server, 'attach_volume');
  touchServer(cloud, server);
  return { status: 200, body: { volumeAttachment: { ...view(call, server, one), id: volume.id } } };
}

const changed = z.strictObject({
  volumeAttachment: z.looseObject({ volumeId: z.string(), delete_on_termination: z.boolean().optional() }),
});

/** Before 2.85 the call swaps volumes, which is Cinder's to ask for. */
function update(call: Call): Answer {
  const server = serverOf(call);
  const one = attached(call, server);
  const given = parse(changed, call.body).volumeAttachment;
  if (call.minor < 85 || given.volumeId !== one.volumeId)
    throw conflict(`volume ${one.volumeId} is not migrating; this API should only be called by Cinder`);
  one.deleteOnTermination = given.delete_on_termination ?? one.deleteOnTermination;
  call.cloud.changed();
  return { status: 202 };
}

function detach(call: Call): Answer {
  const { cloud } = call;
  const server = serverOf(call);
  const one = attached(call, server);
  checkUnlocked(call, server);
  checkState(server, 'detach_volume', changeable);
  if (one.bootIndex === 0) throw badRequest('Cannot detach a root device volume');
  recordAction(call, server, 'detach_volume');
  cloud.background.run(async () => {
    await cloud.background.pause(300);
    server.volumes = server.volumes.filter((other) => other !== one);
    detachVolume(cloud, server, one);
  });
  return { status: 202 };
}

/** The volumes of servers. */
export const serverVolumeRoutes: readonly Route[] = [
  route('compute', 'GET', '/v2.1/servers/:id/os-volume_attachments', (call) => {
    const server = serverOf(call);
    return { status: 200, body: { volumeAttachments: server.volumes.map((one) => view(call, server, one)) } };
  }),
  route('compute', 'POST', '/v2.1/servers/:id/os-volume_attachments', attach),
  route('compute', 'GET', '/v2.1/servers/:id/os-volume_attachments/:volume', (call) => {
    const server = serverOf(call);
    return { status: 200, body: { volumeAttachment: view(call, server, attached(call, server)) } };
  }),
  route('compute', 'PUT', '/v2.1/servers/:id/os-volume_attachments/:volume', update),
  route('compute', 'DELETE', '/v2.1/servers/:id/os-volume_attachments/:volume', detach),
];
