import { z } from 'zod';
import { parse } from '../body.ts';
import { badRequest, notFound } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { checkState, checkUnlocked, isThere, touchServer } from './instance.ts';
import type { Flavor, Server } from './model.ts';

/** How long a resize, and its end either way, lasts at pace 1: milliseconds. */
const resizeMs = 600;

const request = z.looseObject({ flavorRef: z.string() });

/**
 * The action resize: the server gets another flavor, and waits in VERIFY_RESIZE until it is told
 * to keep it or not. A stopped one stays stopped (nova/compute/manager.py, _finish_resize).
 */
export function resizeServer(call: Call, server: Server, parameters: unknown): Answer {
  const { flavorRef } = parse(request, parameters);
  checkUnlocked(call, server);
  checkState(server, 'resize', ['active', 'stopped']);
  const flavor = call.cloud.state.flavors.get(flavorRef);
  if (flavor === undefined) throw notFound(`Flavor ${flavorRef} could not be found.`);
  if (flavor.id === server.flavor.id) throw badRequest('When resizing, instances must change flavor!');
  const before = server.flavor;
  turn(call, server, 'resize_prep', () => {
    server.vmState = 'resized';
    server.oldFlavor = before;
    server.flavor = flavor;
  });
  return { status: 202 };
}

/** The action confirmResize: the new flavor stays. */
export function confirmResize(call: Call, server: Server): Answer {
  checkUnlocked(call, server);
  checkState(server, 'confirmResize', ['resized']);
  turn(call, server, null, () => settle(server, server.flavor));
  return { status: 204 };
}

/** The action revertResize: the old flavor comes back. */
export function revertResize(call: Call, server: Server): Answer {
  checkUnlocked(call, server);
  checkState(server, 'revertResize', ['resized']);
  turn(call, server, 'resize_reverting', () => settle(server, server.oldFlavor ?? server.flavor));
  return { status: 202 };
}

function turn({ cloud }: Call, server: Server, task: string | null, arrive: () => void): void {
  server.taskState = task;
  touchServer(cloud, server);
  cloud.background.run(async () => {
    await cloud.background.pause(resizeMs);
    if (!isThere(cloud, server) || server.taskState !== task) return;
    server.taskState = null;
    arrive();
    touchServer(cloud, server);
  });
}

function settle(server: Server, flavor: Flavor): void {
  server.flavor = flavor;
  server.oldFlavor = null;
  server.vmState = server.powerState === 4 ? 'stopped' : 'active';
}
