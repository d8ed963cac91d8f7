import { beforeEach, describe, expect, test } from 'vitest';
import type { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import type { Hand } from '../../../../../conformance/furnish.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aSourceWithServers, patience, signal } from '../a-source.ts';

let twin: Twin;
let hand: Hand;
let cloud: OpenStackSource;
let serverId: string;

beforeEach(async () => {
  ({ twin, hand, cloud, serverId } = await aSourceWithServers());
  await cloud.stop(serverId, patience());
});

const generation = async () => (await cloud.state(serverId, signal())).generation;
const updated = async () =>
  (await hand.ask<{ server: { updated: string } }>('GET', 'compute', `/servers/${serverId}`)).server.updated;
const runOnce = async () => {
  await cloud.start(serverId, patience());
  await cloud.stop(serverId, patience());
};

/**
 * Runs the server between two looks at it that the cloud's clock, which counts seconds, cannot tell
 * apart.
 */
async function runWithinOneSecond(): Promise<readonly [before: string, after: string]> {
  for (;;) {
    await runOnce();
    const second = await updated();
    const before = await generation();
    await runOnce();
    if ((await updated()) === second) return [before, await generation()];
  }
}

describe('the generation of a server', () => {
  test('is another one when it ran, although it was started and stopped within one second', async () => {
    const [before, after] = await runWithinOneSecond();
    expect(after).not.toBe(before);
  });

  test('stays while nobody touches it', async () => {
    const before = await generation();
    expect(await generation()).toBe(before);
  });

  test('is another one when it was started and has not run for long enough to be seen', async () => {
    const before = await generation();
    await hand.ask('POST', 'compute', `/servers/${serverId}/action`, { 'os-start': null });
    expect(await generation()).not.toBe(before);
  });

  test('tells that the disk was replaced by a rebuild, and not by a run, a lock or a snapshot', async () => {
    const before = await generation();
    const since = () => cloud.recordedSince(serverId, before, signal());
    await hand.ask('POST', 'compute', `/servers/${serverId}/action`, { lock: null });
    await hand.ask('POST', 'compute', `/servers/${serverId}/action`, { unlock: null });
    expect(await since()).toEqual({ mayRun: false, replaced: false });
    await runOnce();
    expect(await since()).toEqual({ mayRun: true, replaced: false });
    const { server } = await hand.ask<{ server: { image: { id: string } } }>('GET', 'compute', `/servers/${serverId}`);
    await hand.ask('POST', 'compute', `/servers/${serverId}/action`, { rebuild: { imageRef: server.image.id } });
    expect(await since()).toEqual({ mayRun: true, replaced: true });
    expect(await cloud.recordedSince(serverId, await generation(), signal())).toEqual({ mayRun: false, replaced: false });
  });

  test('is told by the time of its last change alone where a policy hides what was done to it', async () => {
    twin.faults.set([{ do: 'status', status: 403, match: { method: 'GET', path: '/os-instance-actions' } }]);
    expect(await generation()).toBe(`${await updated()} `);
  });
});
