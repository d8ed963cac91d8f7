import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { OpenStackSource } from '../../../../../shared/cloud/openstack/source.ts';
import type { Concern } from '../../../../../shared/model/concern.ts';
import type { Configurations } from '../../../../../shared/model/configurations.ts';
import type { ResourceOf } from '../../../../../shared/model/resource.ts';
import { accessTo, type Hand } from '../../../../conformance/furnish.ts';
import { aFolder } from '../../../../support/folder.ts';
import { writeInto } from '../../../../support/shop-volumes.ts';
import type { Twin, TwinOptions } from '../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from './a-destination.ts';
import { signal } from './a-source.ts';

/** A source with a server that boots from one volume and has another. */
export interface SourceWithVolumes {
  readonly twin: Twin;
  readonly stateDir: string;
  readonly hand: Hand;
  readonly cloud: OpenStackSource;
  readonly serverId: string;
  readonly root: string;
  readonly data: string;
  capture(): Promise<{ document: Configurations; concerns: readonly Concern[]; codes: readonly string[] }>;
  /** The disk of the data volume. */
  disk(): Promise<ResourceOf<'disk'>>;
}

/** Waits until something of a cloud has a status. */
export async function untilStatus(
  hand: Hand,
  service: 'compute' | 'volume',
  path: string,
  key: string,
  status: string,
): Promise<void> {
  for (const end = Date.now() + 20_000; ; ) {
    const found = await hand.ask<Record<string, { status: string }>>('GET', service, path);
    if (found[key]?.status === status) return;
    if (Date.now() > end) throw new Error(`${path} is ${found[key]?.status}, not ${status}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Makes a volume of one GiB. */
export async function aVolumeOf(hand: Hand, fields: Readonly<Record<string, unknown>>): Promise<string> {
  const { volume } = await hand.ask<{ volume: { id: string } }>('POST', 'volume', '/volumes', { volume: { size: 1, ...fields } });
  await untilStatus(hand, 'volume', `/volumes/${volume.id}`, 'volume', 'available');
  return volume.id;
}

/** Such a source, which ends with the test. */
export async function aSourceWithVolumes(options: Partial<TwinOptions> = {}): Promise<SourceWithVolumes> {
  const stateDir = join(await aFolder(), 'cloud');
  const twin = await aFurnishedTwin({ stateDir, ...options });
  const hand = await aHand(twin);
  const image = await hand.store({ name: 'guest', hw_disk_bus: 'scsi' }, Buffer.from('a guest'));
  const root = await aVolumeOf(hand, { name: 'root', imageRef: image });
  const data = await aVolumeOf(hand, { name: 'data', metadata: { of: 'the tenant' } });
  await writeInto(stateDir, data, Buffer.from('godwit'), 3_456_789);
  const { flavors } = await hand.ask<{ flavors: { id: string }[] }>('GET', 'compute', '/flavors');
  const device = { source_type: 'volume', destination_type: 'volume' };
  const server = {
    name: 'db 1',
    flavorRef: flavors[0]?.id,
    networks: 'none',
    block_device_mapping_v2: [
      { ...device, uuid: root, boot_index: 0, delete_on_termination: true },
      { ...device, uuid: data, boot_index: null, tag: 'data' },
    ],
  };
  const made = await hand.ask<{ server: { id: string } }>('POST', 'compute', '/servers', { server });
  const serverId = made.server.id;
  await untilStatus(hand, 'compute', `/servers/${serverId}`, 'server', 'ACTIVE');
  const cloud = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => cloud.close());
  const capture = async () => {
    const { document, concerns } = await cloud.inventory({ servers: [], withoutImages: true }, signal());
    return { document, concerns, codes: concerns.map(({ code, severity }) => `${severity} ${code}`) };
  };
  const disk = async (): Promise<ResourceOf<'disk'>> => {
    const { document } = await capture();
    const found = document.disks.find(({ volume_id }) => volume_id === data);
    if (found === undefined) throw new Error('the data volume has no disk');
    return { kind: 'disk', ...found };
  };
  return { twin, stateDir, hand, cloud, serverId, root, data, capture, disk };
}
