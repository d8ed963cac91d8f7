import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Verification } from '../../sender/campaign/compare/verification.ts';
import { type Census, idsOf, takeCensus } from '../openstack/census.ts';
import { addressOf, type Guest, inGuest, leaveTraces, notTheSame, readTraces } from '../openstack/guests.ts';
import { type Daemons, migrate, plan, report, startPaired, tell, untilState } from '../openstack/migration.ts';
import { freshProject } from '../openstack/tenant.ts';
import { Endings } from '../support/endings.ts';
import { differencesOfReleases, isTold, populateForReleases } from './pair.ts';

const project = 'between';
const src = { cloud: 'src', project } as const;
const dst = { cloud: 'dst', project } as const;
const names = ['web 世 1', 'app.v2', 'six'];

const endings = new Endings();
let daemons: Daemons;
let before: Census;
let empty: Census;
let guests: readonly Guest[];
let concerns: readonly string[];
let campaign: string;

beforeAll(async () => {
  await freshProject(project, endings);
  await populateForReleases(src);
  before = await takeCensus(src);
  empty = await takeCensus(dst);
  for (const name of names) await leaveTraces(addressOf(before, name));
  daemons = await startPaired(project, endings);
});

afterAll(() => endings.run());

describe('a tenant moves between clouds of two releases', () => {
  test('the tenant has what releases treat differently, some thirty things', () => {
    expect(idsOf(before).filter((id) => !id.startsWith('rule ')).length).toBeGreaterThan(29);
  });

  test('a plan finds nothing in the way, and writes nothing', async () => {
    const found = await plan(daemons, project);
    for (const { code, severity, says } of found.concerns) tell(project, `${severity} ${code}: ${says}`);
    concerns = found.concerns.map(({ says }) => says);
    expect(found.concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
    expect(idsOf(await takeCensus(dst))).toEqual(idsOf(empty));
  });

  test('every server arrives at the other release', async () => {
    guests = await Promise.all(names.map((name) => readTraces(addressOf(before, name))));
    campaign = await migrate(daemons, `/var/lib/godwit/${project}/plan.yaml`);
    const status = await untilState(daemons, campaign, 'ready');
    expect([...new Set(status.moves.map(({ state }) => state))]).toEqual(['moved']);
    await report(daemons, campaign);
  });

  test('the openstack client finds every resource as it was, but for what the plan told', async () => {
    const after = await takeCensus(dst);
    expect(differencesOfReleases(before, after).filter((difference) => !isTold(difference, concerns))).toEqual([]);
    expect(after.own.server.map((server) => server['status'])).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
  });

  test('each guest answers with its address and MAC, and its counters go on from where they were', async () => {
    const after = await takeCensus(dst);
    for (const [index, name] of names.entries()) {
      const guest = guests[index];
      expect(guest && (await notTheSame(guest, addressOf(after, name)))).toEqual([]);
    }
  });

  test('the guests reach each other, and have the addresses that the cloud says', async () => {
    const after = await takeCensus(dst);
    const web = addressOf(after, 'web 世 1');
    for (const ip of ['192.168.50.254', '10.7.1.78']) expect(await inGuest(web, `ping -c 5 -W 5 ${ip}`)).toContain('bytes from');
    const both = after.own.port.find(({ name }) => name === 'both');
    const addresses = ((both?.['fixed_ips'] ?? []) as { ip_address: string }[]).map((ip) => ip.ip_address);
    const has = await inGuest(addressOf(after, 'six'), 'ip -o addr show dev eth0');
    expect(addresses.filter((address) => !has.includes(address))).toEqual([]);
  });

  test('verify finds that every disk and attribute is as it was, but for what was told', async () => {
    const { disks, comparison } = await daemons.sender.ask<Verification>(['verify', campaign]);
    expect(disks.map(({ agrees, says }) => (agrees ? 'the same' : says))).toEqual(names.concat('volume').map(() => 'the same'));
    expect(comparison?.lines.filter(({ is }) => is !== 'told')).toEqual([]);
  });

  test('rolled back, both sides are as they were', async () => {
    await daemons.sender.ask(['rollback', campaign, '--yes']);
    await untilState(daemons, campaign, 'rolled back');
    const after = await takeCensus(src);
    expect(idsOf(after)).toEqual(idsOf(before));
    expect(differencesOfReleases(before, after)).toEqual([]);
    expect(after.own.server.map((server) => server['status'])).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
    expect(idsOf(await takeCensus(dst))).toEqual(idsOf(empty));
  });
});
