import { z } from 'zod';
import { parse } from '../body.ts';
import { maySee } from '../glance/images.ts';
import { bootGuest } from '../guest.ts';
import { badRequest } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { placeDisk } from './build.ts';
import { checkState, checkUnlocked, isThere, touchServer, wirePorts } from './instance.ts';
import type { Server } from './model.ts';
import { serverView } from './view.ts';

/** How long a rebuild lasts at pace 1: milliseconds. */
const rebuildMs = 700;

const request = z.looseObject({ imageRef: z.string() });

/**
 * The action rebuild: the root disk is made anew from an image, be it the same. A stopped server
 * boots on the way, and is stopped again (nova/compute/manager.py, _do_rebuild_instance).
 */
export function rebuildServer(call: Call, server: Server, parameters: unknown): Answer {
  const { cloud } = call;
  const { imageRef } = parse(request, parameters);
  checkUnlocked(call, server);
  checkState(server, 'rebuild', ['active', 'stopped', 'error']);
  const image = cloud.state.images.get(imageRef);
  if (image === undefined || !maySee(call.caller, image)) throw badRequest('Cannot find image for rebuild');
  const wasStopped = server.vmState === 'stopped';
  server.taskState = 'rebuilding';
  touchServer(cloud, server);
  cloud.background.run(async () => {
    await cloud.background.pause(rebuildMs);
    if (!isThere(cloud, server)) return;
    server.imageId = image.id;
    await placeDisk(cloud, server, image);
    if (!isThere(cloud, server)) return;
    server.vmState = wasStopped ? 'stopped' : 'active';
    server.powerState = wasStopped ? 4 : 1;
    server.taskState = null;
    server.fault = null;
    bootGuest(cloud, server);
    wirePorts(cloud, server, wasStopped ? 'DOWN' : 'ACTIVE');
    touchServer(cloud, server);
  });
  return { status: 202, body: { server: serverView(call, server) } };
}
