import { expect, onTestFinished, test } from 'vitest';
import { OpenStackRetirement } from '../../../../../../shared/cloud/openstack/retirement.ts';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, populate } from '../../../../../conformance/furnish.ts';
import type { Fault } from '../../../../../twin/faults.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

const campaign = '6b6a3c4e-0f56-4b38-9d3f-3f1f8d3b6f01';
const patience = () => ({ timeoutMs: 40_000, signal: AbortSignal.timeout(45_000) });

/** A source cloud with one running server. */
async function aSource() {
  const twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  const access = await accessTo(twin.authUrl, 'demo');
  const source = new OpenStackSource(access);
  const retirement = new OpenStackRetirement(access);
  onTestFinished(async () => {
    await Promise.all([source.close(), retirement.close()]);
  });
  const { document } = await source.inventory({ servers: [] }, patience().signal);
  const [disk] = document.disks;
  if (disk === undefined) throw new Error('The server has no disk.');
  const images = async (): Promise<number> => (await source.snapshots(campaign, patience().signal)).length;
  return { twin, source, retirement, images, disk: { kind: 'disk', ...disk } as const, hand: await aHand(twin) };
}

const onActions = { method: 'POST', path: '/action$' } as const;

/** What may become of the answer to a request that was, or will be, carried out. */
const losses: readonly (readonly [string, Fault])[] = [
  ['lost', { do: 'lost-answer', match: onActions, times: 1 }],
  ['given up by a proxy', { do: 'late', ms: 300, match: onActions, times: 1 }],
  ['cut in the middle', { do: 'truncate', bytes: 1, match: onActions, times: 1 }],
  ['never made, for the request was cut', { do: 'drop', match: onActions, times: 1 }],
  ['a 503', { do: 'status', status: 503, match: onActions, times: 1 }],
];

test.each(losses)(
  'a server is stopped and started although the answer is %s',
  async (_name, fault) => {
    const { twin, source, disk } = await aSource();
    twin.faults.set([fault]);
    await source.stop(disk.server_id, patience());
    expect(await source.state(disk.server_id, patience().signal)).toMatchObject({ power: 'stopped', busy: null });
    twin.faults.set([fault]);
    await source.start(disk.server_id, patience());
    expect(await source.state(disk.server_id, patience().signal)).toMatchObject({ power: 'running', busy: null });
  },
  60_000,
);

test.each(losses.slice(0, 3))(
  'a server is snapshotted once although the answer is %s',
  async (_name, fault) => {
    const { twin, source, disk, images } = await aSource();
    await source.stop(disk.server_id, patience());
    twin.faults.set([fault]);
    const snapshot = await source.freeze(disk, { campaign, attempt: 1 }, patience());
    expect(await images()).toBe(1);
    twin.faults.set([{ do: 'lost-answer', match: { method: 'DELETE' }, times: 1 }]);
    await source.release(snapshot.id, campaign, patience().signal);
    expect(await images()).toBe(0);
  },
  60_000,
);

test.each(losses)(
  'a server is retired and deleted although the answer is %s',
  async (_name, fault) => {
    const { twin, source, retirement, disk, hand } = await aSource();
    await source.stop(disk.server_id, patience());
    const { generation } = await source.state(disk.server_id, patience().signal);
    twin.faults.set([fault]);
    await retirement.retire(disk.server_id, { campaign, generation }, patience().signal);
    expect(await source.state(disk.server_id, patience().signal)).toMatchObject({ locked: true });
    twin.faults.set([fault, { do: 'lost-answer', match: { method: 'DELETE' }, times: 1 }]);
    await retirement.destroy(disk.server_id, { campaign, generation }, patience().signal);
    await expect.poll(async () => (await hand.ask<{ servers: unknown[] }>('GET', 'compute', '/servers')).servers.length).toBe(0);
  },
  60_000,
);

test('a cloud that refuses to stop a server again and again says so in the end', async () => {
  const { twin, source, disk } = await aSource();
  twin.faults.set([{ do: 'status', status: 500, match: onActions }]);
  await expect(source.stop(disk.server_id, patience())).rejects.toMatchObject({ code: 'E_CLOUD' });
}, 60_000);
