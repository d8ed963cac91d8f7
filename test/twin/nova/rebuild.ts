import { z } from 'zod';
import { parse } from '../body.ts';
import { bootGuest } from '../guest.ts';
import { badRequest } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { placeDisk } from './build.ts';
import { findFlavor } from './flavors.ts';
import { checkState, checkUnlocked, startTask, touchServer } from './instance.ts';
import type { Server } from './model.ts';
import { serverView } from './view.ts';

/** How long a disk is made anew, and how long a server takes to another host, at pace 1. */
const rebuildMs = 600;
const resizeMs = 600;

/**
 * Compute API, "Rebuild Server": makes the disk anew from an image. A server that was stopped is
 * stopped again (nova/compute/manager.py, _do_rebuild_instance).
 */
export function rebuild(call: Call, server: Server, parameters: unknown): Answer {
  const { cloud } = call;
  const { imageRef } = parse(z.object({ imageRef: z.string() }), parameters);
  checkUnlocked(call, server);
  checkState(server, 'rebuild', ['active', 'stopped', 'error']);
  const image = cloud.state.images.get(imageRef);
  if (image === undefined) throw badRequest(`Image ${imageRef} could not be found.`);
  const becomes = server.vmState === 'stopped' ? 'stopped' : 'active';
  server.imageId = image.id;
  startTask(cloud, server, 'rebuilding', rebuildMs, async () => {
    await placeDisk(cloud, server, image);
    server.vmState = becomes;
    server.powerState = becomes === 'active' ? 1 : 4;
    server.fault = null;
    if (becomes === 'active') bootGuest(cloud, server);
  });
  return { status: 202, body: { server: serverView(call, server) } };
}

/** Compute API, "Resize Server": the server has the other flavor, and waits to be confirmed. */
export function resize(call: Call, server: Server, parameters: unknown): Answer {
  const { flavorRef } = parse(z.object({ flavorRef: z.string() }), parameters);
  checkUnlocked(call, server);
  checkState(server, 'resize', ['active', 'stopped']);
  const flavor = findFlavor(call.cloud, call.caller, flavorRef);
  if (flavor === undefined) throw badRequest(`Flavor ${flavorRef} could not be found.`);
  if (flavor.id === server.flavor.id) throw badRequest('When resizing, instances must change flavor!');
  startTask(call.cloud, server, 'resize_prep', resizeMs, () => {
    server.flavor = { ...flavor, extraSpecs: { ...flavor.extraSpecs } };
    server.vmState = 'resized';
  });
  return { status: 202 };
}

/** Compute API, "Confirm Resized Server". */
export function confirmResize(call: Call, server: Server): Answer {
  checkUnlocked(call, server);
  checkState(server, 'confirmResize', ['resized']);
  server.vmState = server.powerState === 1 ? 'active' : 'stopped';
  touchServer(call.cloud, server);
  return { status: 204 };
}
