import { expect, test } from 'vitest';
import type { Snapshot } from '../../../../../../shared/cloud/source-cloud.ts';
import { aFolder } from '../../../../../support/folder.ts';
import { writeInto } from '../../../../../support/shop-volumes.ts';
import { patience, signal } from '../a-source.ts';
import { aSourceWithVolumes, type SourceWithVolumes, untilStatus } from '../a-volume-server.ts';

const campaign = crypto.randomUUID();
const long = () => ({ timeoutMs: 30_000, signal: AbortSignal.timeout(40_000) });

/** What Cinder and Glance have of ours. */
async function oursAt({ hand }: SourceWithVolumes): Promise<Record<string, number>> {
  const { volumes } = await hand.ask<{ volumes: { name: string }[] }>('GET', 'volume', '/volumes/detail');
  const { snapshots } = await hand.ask<{ snapshots: unknown[] }>('GET', 'volume', '/snapshots/detail');
  const { images } = await hand.ask<{ images: { name: string }[] }>('GET', 'image', '/images');
  const isOurs = ({ name }: { name: string }): boolean => name.startsWith('godwit');
  return { volumes: volumes.filter(isOurs).length, snapshots: snapshots.length, images: images.filter(isOurs).length };
}

async function contentOf({ cloud }: SourceWithVolumes, snapshot: Snapshot): Promise<string> {
  const source = await cloud.open(snapshot, await aFolder(), signal());
  try {
    return (await source.read(3_456_789, 6)).toString();
  } finally {
    await source.close();
  }
}

test('a volume of a stopped server is frozen as an image, and only that stays', async () => {
  const world = await aSourceWithVolumes();
  const { cloud, hand, serverId, data } = world;
  const disk = await world.disk();
  await expect(cloud.freeze(disk, { campaign, attempt: 1 }, patience())).rejects.toMatchObject({ code: 'E_SERVER_STATE' });
  await cloud.stop(serverId, patience());
  const snapshot = await cloud.freeze(disk, { campaign, attempt: 1 }, long());
  expect(snapshot).toMatchObject({ disk: disk.id, round: 0, format: 'raw', size: 4 * 1024 * 1024 });
  expect(await oursAt(world)).toEqual({ volumes: 0, snapshots: 0, images: 1 });
  expect(await contentOf(world, snapshot)).toBe('godwit');
  expect(await cloud.freeze(disk, { campaign, attempt: 1 }, long())).toEqual(snapshot);
  const { volume } = await hand.ask<{ volume: { status: string; attachments: unknown[] } }>('GET', 'volume', `/volumes/${data}`);
  expect([volume.status, volume.attachments.length]).toEqual(['in-use', 1]);
  expect(await cloud.snapshots(campaign, signal())).toEqual([snapshot]);
  await expect(cloud.release(snapshot.id, crypto.randomUUID(), signal())).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
  await cloud.release(snapshot.id, campaign, signal());
  expect(await oursAt(world)).toEqual({ volumes: 0, snapshots: 0, images: 0 });
});

test('nothing is made twice although the answer to every creation is lost', async () => {
  const world = await aSourceWithVolumes();
  const { cloud, twin } = world;
  const disk = await world.disk();
  twin.faults.set([
    { do: 'lost-answer', match: { service: 'volume', method: 'POST', path: '/snapshots$' }, times: 1 },
    { do: 'lost-answer', match: { service: 'volume', method: 'POST', path: '/volumes$' }, times: 1 },
    { do: 'lost-answer', match: { service: 'volume', method: 'POST', path: '/action$', body: 'upload_image' }, times: 1 },
    { do: 'lost-answer', match: { service: 'volume', method: 'DELETE' }, times: 2 },
  ]);
  const snapshot = await cloud.checkpoint(disk, { campaign, attempt: 1, round: 2 }, long());
  expect(snapshot.round).toBe(2);
  expect(await oursAt(world)).toEqual({ volumes: 0, snapshots: 0, images: 1 });
});

test.each([
  ['snapshot', '/snapshots$'],
  ['temporary volume', '/volumes$'],
  ['image metadata', '/action$'],
])('what a reading left that was cut behind its %s is found by its stamp, and released', async (_, path) => {
  const world = await aSourceWithVolumes();
  const { cloud, twin } = world;
  const disk = await world.disk();
  const stamp = { campaign, attempt: 1, round: 1 };
  const cut = new AbortController();
  const before = twin.requests.length;
  const asked = (): boolean =>
    twin.requests.slice(before).some((one) => one.method === 'POST' && new RegExp(path).test(one.path));
  twin.faults.set([{ do: 'delay', ms: 400, match: { service: 'volume', method: 'POST', path } }]);
  const watch = setInterval(() => {
    if (asked()) cut.abort();
  }, 10);
  await expect(cloud.checkpoint(disk, stamp, { timeoutMs: 20_000, signal: cut.signal })).rejects.toThrow();
  clearInterval(watch);
  // The cloud goes on.
  await new Promise((resolve) => setTimeout(resolve, 700));
  for (const { id } of await cloud.snapshots(campaign, signal())) await cloud.release(id, campaign, signal());
  expect(await oursAt(world)).toEqual({ volumes: 0, snapshots: 0, images: 0 });
});

test('a volume that Cinder could not make is told, and a repeat makes another', async () => {
  const world = await aSourceWithVolumes();
  const disk = await world.disk();
  world.twin.faults.set([{ do: 'volume-error', name: 'volume$', times: 1 }]);
  const stamp = { campaign, attempt: 1, round: 1 };
  await expect(world.cloud.checkpoint(disk, stamp, long())).rejects.toMatchObject({ code: 'E_SERVER_FAULT' });
  expect((await world.cloud.checkpoint(disk, stamp, long())).disk).toBe(disk.id);
  expect(await oursAt(world)).toEqual({ volumes: 0, snapshots: 0, images: 1 });
});

test('why Cinder could not make a volume is told in its own words, where its users may read them', async () => {
  const world = await aSourceWithVolumes();
  const disk = await world.disk();
  const message = 'schedule allocate volume:Could not find any available weighted backend.';
  const saysOf = async (round: number): Promise<string> => {
    const failed = world.cloud.checkpoint(disk, { campaign, attempt: 1, round }, long());
    return failed.then(
      () => 'made',
      (problem: Error) => problem.message,
    );
  };
  world.twin.faults.set([{ do: 'volume-error', name: 'volume$', times: 1, message }]);
  expect(await saysOf(1)).toMatch(/ is error: schedule allocate volume:Could not find any available weighted backend\.$/);
  world.twin.faults.set([
    { do: 'volume-error', name: 'volume$', times: 1, message },
    { do: 'status', status: 403, match: { service: 'volume', path: '/messages' } },
  ]);
  expect(await saysOf(2)).toMatch(/see the log of cinder-volume\.$/);
});

test('a volume whose content a newer Glance refuses as a raw image is told so, and nothing of ours is left', async () => {
  const world = await aSourceWithVolumes({ inspectsImages: true });
  await writeInto(world.stateDir, world.data, Buffer.from('LUKS'), 0);
  const stamp = { campaign, attempt: 1, round: 1 };
  await expect(world.cloud.checkpoint(await world.disk(), stamp, long())).rejects.toMatchObject({
    code: 'E_SERVER_FAULT',
    hint: expect.stringContaining('require_image_format_match'),
  });
  for (const { id } of await world.cloud.snapshots(campaign, signal())) await world.cloud.release(id, campaign, signal());
  expect(await oursAt(world)).toEqual({ volumes: 0, snapshots: 0, images: 0 });
});

test('no volume of the tenant is deleted or written, whatever is asked', async () => {
  const { cloud, data, hand } = await aSourceWithVolumes();
  await expect(cloud.release(`cinder-volume/${data}`, campaign, signal())).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
  await untilStatus(hand, 'volume', `/volumes/${data}`, 'volume', 'in-use');
});
