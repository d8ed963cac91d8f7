import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { OpenStackRetirement } from '../../../../../../shared/cloud/openstack/retirement.ts';
import { accessTo, type Hand } from '../../../../../conformance/furnish.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';
import { signal } from '../a-source.ts';
import { aVolumeOf, untilStatus } from '../a-volume-server.ts';

interface ShownVolume {
  readonly updated_at: string;
  readonly metadata: Readonly<Record<string, string>>;
}

async function shown(hand: Hand, id: string): Promise<ShownVolume> {
  return (await hand.ask<{ volume: ShownVolume }>('GET', 'volume', `/volumes/${id}`)).volume;
}

test('a marked volume is deleted later where nobody used it since, and is not where its owner did', async () => {
  const twin = await aFurnishedTwin();
  const hand = await aHand(twin);
  const retirement = new OpenStackRetirement(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => retirement.close());
  const used = await aVolumeOf(hand, { name: 'used' });
  const idle = await aVolumeOf(hand, { name: 'idle' });
  const campaign = crypto.randomUUID();
  const frozen = async (id: string) => ({ campaign, generation: (await shown(hand, id)).updated_at });
  const before = await frozen(used);
  const other = await frozen(idle);
  await retirement.retireVolume(used, before, signal());
  await retirement.retireVolume(idle, other, signal());
  // Cinder dates a record by the second.
  await sleep(1_100);
  await hand.ask('POST', 'volume', `/volumes/${used}/action`, { 'os-extend': { new_size: 2 } });
  await untilStatus(hand, 'volume', `/volumes/${used}`, 'volume', 'available');
  await expect(retirement.destroyVolume(used, before, signal())).rejects.toMatchObject({ code: 'E_SERVER_STATE' });
  expect((await shown(hand, used)).metadata).toEqual({ godwit_moved: `${campaign} ${used}` });
  // A repeat of the mark whose answer was lost changes nothing.
  await retirement.retireVolume(used, before, signal());
  await retirement.destroyVolume(idle, other, signal());
  await expect.poll(async () => shown(hand, idle).catch(() => null), { timeout: 10_000 }).toBeNull();
});
