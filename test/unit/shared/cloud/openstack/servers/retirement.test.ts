import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { OpenStackRetirement } from '../../../../../../shared/cloud/openstack/retirement.ts';
import type { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, type Hand } from '../../../../../conformance/furnish.ts';
import type { Fault } from '../../../../../twin/faults.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aSourceWithServers, patience } from '../a-source.ts';

const campaign = '6b6a3c4e-0f56-4b38-9d3f-3f1f8d3b6f01';

let twin: Twin;
let hand: Hand;
let cloud: OpenStackSource;
let serverId: string;
let retirement: OpenStackRetirement;
let generation: string;

beforeEach(async () => {
  ({ twin, hand, cloud, serverId } = await aSourceWithServers());
  await cloud.stop(serverId, patience());
  ({ generation } = await cloud.state(serverId, patience().signal));
  retirement = new OpenStackRetirement(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => retirement.close());
});

const until = () => AbortSignal.timeout(40_000);
const act = (verb: string) => hand.ask('POST', 'compute', `/servers/${serverId}/action`, { [verb]: null });
const asked = (method: string, path: RegExp) => twin.requests.some((one) => one.method === method && path.test(one.path));

const patiently = { interval: 5, timeout: 20_000 };

/** Gives the owner time before the server is read again. */
const slowCheck: Fault = { do: 'delay', ms: 3_000, match: { service: 'compute', method: 'GET', path: '/os-instance-actions' } };

/** What strikes a write once, and lets an owner start the server before it is sent again. */
const onDelete = { service: 'compute', method: 'DELETE', path: '^/v2.1/servers/[^/]+$' } as const;
const delays: readonly (readonly [what: string, faults: readonly Fault[]])[] = [
  ['429 and Retry-After', [{ do: 'status', status: 429, headers: { 'Retry-After': '2' }, match: onDelete, times: 1 }]],
  ['503 and Retry-After', [{ do: 'status', status: 503, headers: { 'Retry-After': '2' }, match: onDelete, times: 1 }]],
  [
    '401, and Keystone takes its time for another token',
    [
      { do: 'status', status: 401, match: onDelete, times: 1 },
      { do: 'delay', ms: 2_000, match: { service: 'identity', method: 'POST' } },
    ],
  ],
];

describe('a source server that its owner starts', () => {
  test.each(delays)('while the cloud puts its deletion off with %s is not deleted', async (_what, faults) => {
    await retirement.retire('no server at all', { campaign, generation }, until());
    twin.faults.set([slowCheck, ...faults]);
    const end = retirement.destroy(serverId, { campaign, generation }, until()).catch((error: unknown) => error);
    await expect.poll(() => asked('DELETE', /\/servers\//), patiently).toBe(true);
    await act('os-start');
    expect(await end).toMatchObject({ code: 'E_SERVER_STATE', message: expect.stringContaining('neither locked nor deleted') });
    expect(await cloud.state(serverId, until())).toMatchObject({ power: 'running' });
  });

  test('while the cloud puts its lock off is not locked', async () => {
    twin.faults.set([
      slowCheck,
      { do: 'status', status: 429, headers: { 'Retry-After': '2' }, match: { method: 'POST', path: '/action$' }, times: 1 },
    ]);
    const end = retirement.retire(serverId, { campaign, generation }, until()).catch((error: unknown) => error);
    await expect.poll(() => twin.requests.some(({ status }) => status === 429), patiently).toBe(true);
    await act('os-start');
    expect(await end).toMatchObject({ code: 'E_SERVER_STATE' });
    expect(await cloud.state(serverId, until())).toMatchObject({ power: 'running', locked: false });
  });

  test('while the answer that it is stopped is on its way is not deleted', async () => {
    const path = `^/v2.1/servers/${serverId}$`;
    twin.faults.set([{ do: 'stale', ms: 6_000, match: { service: 'compute', method: 'GET', path }, times: 1 }]);
    const before = twin.requests.length;
    const end = retirement.destroy(serverId, { campaign, generation }, until()).catch((error: unknown) => error);
    const isRead = () =>
      twin.requests.slice(before).some((one) => one.method === 'GET' && one.path.endsWith(`/servers/${serverId}`));
    await expect.poll(isRead, patiently).toBe(true);
    await act('os-start');
    expect(await end).toMatchObject({ code: 'E_SERVER_STATE' });
    expect(await cloud.state(serverId, until())).toMatchObject({ power: 'running' });
  });
});

test('a source server of which nobody noted how it was frozen is not deleted', async () => {
  const refused = retirement.destroy(serverId, { campaign, generation: undefined }, until());
  await expect(refused).rejects.toMatchObject({ code: 'E_SERVER_STATE', message: expect.stringContaining('nobody noted') });
  expect(await cloud.state(serverId, until())).toMatchObject({ power: 'stopped' });
});
