import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { OpenStackSource } from '../../../../../../shared/cloud/openstack/source.ts';
import { accessTo, type Hand, populate } from '../../../../../conformance/furnish.ts';
import type { Twin } from '../../../../../twin/twin.ts';
import { aFurnishedTwin, aHand } from '../a-destination.ts';

const patience = () => ({ timeoutMs: 10_000, signal: AbortSignal.timeout(15_000) });
const signal = () => AbortSignal.timeout(15_000);

let twin: Twin;
let hand: Hand;
let cloud: OpenStackSource;
let serverId: string;

beforeEach(async () => {
  twin = await aFurnishedTwin();
  await populate(twin.authUrl);
  hand = await aHand(twin);
  cloud = new OpenStackSource(await accessTo(twin.authUrl, 'demo'));
  onTestFinished(() => cloud.close());
  serverId = (await cloud.inventory({ servers: [] }, signal())).document.servers[0]?.id ?? '';
  await cloud.stop(serverId, patience());
});

const generation = async () => (await cloud.state(serverId, signal())).generation;
const updated = async () =>
  (await hand.ask<{ server: { updated: string } }>('GET', 'compute', `/servers/${serverId}`)).server.updated;
const runOnce = async () => {
  await cloud.start(serverId, patience());
  await cloud.stop(serverId, patience());
};

/** Runs the server between two looks at it that the cloud's clock, which counts seconds, cannot tell apart. */
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

  test('is told by the time of its last change alone where a policy hides what was done to it', async () => {
    twin.faults.set([{ do: 'status', status: 403, match: { method: 'GET', path: '/os-instance-actions' } }]);
    expect(await generation()).toBe(`${await updated()} `);
  });
});
