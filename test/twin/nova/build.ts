import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Cloud, diskPath, imagePath } from '../cloud.ts';
import { copySparse } from '../disk.ts';
import type { Image } from '../glance/model.ts';
import { bootGuest } from '../guest.ts';
import { stamp } from '../identifier.ts';
import { hostName } from '../neutron/dhcp.ts';
import { removePort } from '../neutron/unplug.ts';
import { copyQcow2 } from '../qcow2.ts';
import { Refusal } from '../refusal.ts';
import { failServer, isThere, touchServer, wirePorts } from './instance.ts';
import type { Server } from './model.ts';
import { plugInterface, unplugInterface } from './networks.ts';
import { isLetIn } from './server-groups.ts';
import { attachVolume, detachVolume, dropVolumes } from './volumes.ts';

/** How long each stage of a build lasts at pace 1. */
const stageMs = { scheduling: 300, networking: 300, spawning: 500, deleting: 400 } as const;

/** Why a server could not be built, as its fault tells it. */
class Unbuilt extends Error {
  readonly code: number;

  constructor(message: string, code = 500) {
    super(message);
    this.code = code;
  }
}

/**
 * Builds a server in the background: scheduled, plugged, spawned, ACTIVE; or ERROR with the reason
 * in its fault.
 */
export function buildServer(cloud: Cloud, server: Server): void {
  cloud.background.run(async () => {
    try {
      await build(cloud, server);
    } catch (error) {
      cloud.background.signal.throwIfAborted();
      for (const one of server.volumes) detachVolume(cloud, server, one);
      if (isThere(cloud, server)) failServer(cloud, server, reasonOf(server, error), error instanceof Unbuilt ? error.code : 500);
    }
  });
}

function reasonOf({ id }: Server, error: unknown): string {
  if (error instanceof Unbuilt) return error.message;
  return `Build of instance ${id} aborted: ${error instanceof Refusal ? error.message : String(error)}`;
}

async function build(cloud: Cloud, server: Server): Promise<void> {
  const { background } = cloud;
  await background.pause(stageMs.scheduling);
  if (!isThere(cloud, server)) return;
  const fault = cloud.faults.take('server-error', server.name);
  const hasHost = (server.forcedHost ?? hostName) === hostName;
  if (fault !== undefined || !hasHost || !isLetIn(cloud, server))
    throw new Unbuilt(fault?.message ?? 'No valid host was found. There are not enough hosts available.');
  server.host = hostName;
  enter(cloud, server, 'networking');
  await background.pause(stageMs.networking);
  if (!isThere(cloud, server)) return;
  for (const request of server.requested) plugInterface(cloud, server, request);
  enter(cloud, server, 'spawning');
  await background.pause(stageMs.spawning);
  if (!isThere(cloud, server)) return;
  if (server.imageId !== '') {
    const image = cloud.state.images.get(server.imageId);
    if (image === undefined) throw new Unbuilt(`Image ${server.imageId} could not be found.`, 404);
    await placeDisk(cloud, server, image);
  }
  if (!isThere(cloud, server)) return await rm(diskPath(cloud, server.id), { force: true });
  for (const one of server.volumes) attachVolume(cloud, server, one);
  server.vmState = 'active';
  server.taskState = null;
  server.powerState = 1;
  server.launchedAt = `${stamp().slice(0, 19)}.000000`;
  bootGuest(cloud, server);
  // With `vif_plugging_is_fatal` unset, Nova goes on without a word from Neutron.
  if (cloud.faults.take('ports-down', server.name) === undefined) wirePorts(cloud, server, 'ACTIVE');
  touchServer(cloud, server);
}

/** Makes the disk of a server from an image. */
export async function placeDisk(cloud: Cloud, server: Server, image: Image): Promise<void> {
  const disk = diskPath(cloud, server.id);
  await mkdir(dirname(disk), { recursive: true });
  // The hypervisor keeps disks raw, as with images_type=raw in nova.conf.
  const place = image.diskFormat === 'qcow2' ? copyQcow2 : copySparse;
  await place(imagePath(cloud, image.id), disk, diskBytes(server), cloud.background.signal);
}

/**
 * A raw disk is as large as its flavor says; the bytes of any other format are kept as they are.
 */
const diskBytes = (server: Server): number => (server.imageFormat.disk === 'raw' ? server.flavor.diskGiB * 2 ** 30 : 0);

function enter(cloud: Cloud, server: Server, taskState: string): void {
  server.taskState = taskState;
  touchServer(cloud, server);
}

/**
 * Deletes a server in the background: its disk, the ports that Nova made for it, and its record.
 */
export function removeServer(cloud: Cloud, server: Server): void {
  server.taskState = 'deleting';
  touchServer(cloud, server);
  cloud.background.run(async () => {
    await cloud.background.pause(stageMs.deleting);
    for (const id of [...server.portIds]) {
      const port = cloud.state.ports.get(id);
      if (port !== undefined) unplugInterface(cloud, server, port, (own) => removePort(cloud, own));
    }
    dropVolumes(cloud, server);
    cloud.state.servers.delete(server.id);
    cloud.changed();
    await rm(diskPath(cloud, server.id), { force: true });
  });
}
