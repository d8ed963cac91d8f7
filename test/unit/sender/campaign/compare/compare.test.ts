import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AttributeComparison } from '../../../../../sender/campaign/compare/comparison.ts';
import type { Waiver } from '../../../../../sender/campaign/compare/waivers.ts';
import { beginMigration, type SenderLife, untilState, World } from '../../../../support/in-process.ts';
import { makeShop } from '../../../../support/shop.ts';

let dir: string;
let world: World;
let sender: SenderLife;
let campaign: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'compare-'));
  await makeShop(dir);
  world = await World.open(dir, join(dir, 'world'));
  world.startReceiver();
  sender = await world.startSender();
  campaign = await beginMigration(sender);
  await untilState(sender, 'ready');
  // The work on the wish to run ends a moment after the campaign is called ready.
  await vi.waitFor(() => sender.daemon.verify({ campaign }), { timeout: 20_000, interval: 50 });
}, 60_000);
afterAll(async () => {
  await sender.stop();
  await world.close();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(() => world.destination.twin.faults.clear());

async function compared(waivers: Waiver[] = []): Promise<AttributeComparison> {
  const { comparison } = await sender.daemon.verify({ campaign, waivers });
  if (comparison === null) throw new Error('The receiver compared nothing.');
  return comparison;
}

/** What is different, as `kind attribute severity`. */
async function different(waivers: Waiver[] = []): Promise<string[]> {
  const { lines } = await compared(waivers);
  const told = lines.filter(({ is }) => is === 'different' || is === 'changed');
  return told.map(({ ref, attribute, is, severity }) => `${ref.split('/')[0]} ${attribute} ${is} ${severity}`);
}

interface Listed {
  readonly id: string;
  readonly name: string;
}

const listed = <T extends Listed>(side: 'source' | 'destination', path: string, key: string): Promise<T[]> =>
  world[side].user.list<T>('network', path, key);

const writes = (): number =>
  [world.source, world.destination]
    .flatMap(({ twin }) => twin.requests)
    .filter(({ method, path }) => !['GET', 'HEAD'].includes(method) && !path.startsWith('/identity')).length;

describe('a campaign that is ready', () => {
  test('has every attribute of every resource equal or mapped, and is written on nowhere', async () => {
    const before = writes();
    const comparison = await compared();
    expect(comparison.lines.filter(({ is }) => is !== 'told')).toEqual([]);
    expect(comparison.worst).toBeNull();
    expect(comparison.kinds['server']).toMatchObject({ resources: 2, different: 0, changed: 0 });
    expect(comparison.kinds['server']?.equal).toBeGreaterThan(10);
    expect(comparison.kinds['flavor']?.mapped).toBeGreaterThan(0);
    expect(comparison.kinds['image']).toBeUndefined();
    expect(writes()).toBe(before);
  });

  test('tells what its owner changes, removes and adds at the destination, each with its severity', async () => {
    const { user } = world.destination;
    const [subnet] = await listed('destination', '/subnets?cidr=10.20.0.0/24', 'subnets');
    await user.send('PUT', 'network', `/subnets/${subnet?.id}`, { subnet: { dns_nameservers: ['192.0.2.99'], name: 'mine' } });
    expect((await different()).sort()).toEqual(['subnet dns_nameservers different serious', 'subnet name different minor']);
    const groups = await listed('destination', '/security-groups', 'security_groups');
    const group = groups.find(({ name }) => name === 'web');
    const rule = { security_group_id: group?.id, direction: 'ingress', protocol: 'udp', port_range_min: 99, port_range_max: 99 };
    await user.send('POST', 'network', '/security-group-rules', { security_group_rule: rule });
    expect(await different()).toContain('security_group parts different minor');
    const rules = await user.list<{ id: string; security_group_id: string; protocol: string | null }>(
      'network',
      `/security-group-rules?security_group_id=${group?.id}`,
      'security_group_rules',
    );
    const ours = rules.find(({ protocol }) => protocol === 'tcp');
    await user.send('DELETE', 'network', `/security-group-rules/${ours?.id}`);
    expect(await different()).toContain('security_group_rule * different serious');
  });

  test('counts no difference that a waiver covers until its day, and tells of waivers that cover nothing', async () => {
    const lines = await different();
    expect(lines.length).toBeGreaterThan(3);
    const [subnet] = await listed('source', '/subnets?cidr=10.20.0.0/24', 'subnets');
    const one = { owner: 'ann', reason: 'the resolver moved', until: '2999-12-31' };
    const waivers: Waiver[] = [
      { ...one, resource: 'subnet/front-v4', attribute: 'dns_nameservers' },
      { ...one, resource: `subnet/${subnet?.id}`, attribute: 'name', until: '2020-01-01' },
      { ...one, resource: 'router/none', attribute: '*' },
    ];
    const comparison = await compared(waivers);
    expect(comparison.lines.filter(({ is }) => is === 'waived')).toMatchObject([
      { attribute: 'dns_nameservers', waiver: { owner: 'ann', until: '2999-12-31', reason: 'the resolver moved' } },
    ]);
    expect(comparison.kinds['subnet']).toMatchObject({ waived: 1, different: 1 });
    expect(comparison.idleWaivers.map(({ resource }) => resource)).toEqual(['router/none']);
    expect(comparison.pastWaivers.map(({ attribute }) => attribute)).toEqual(['name']);
    const all: Waiver[] = comparison.lines.map(({ ref }) => ({ ...one, resource: ref, attribute: '*' }));
    expect((await compared(all)).worst).toBeNull();
  });

  test('tells a change at the source apart from what arrived wrong', async () => {
    const before = await different();
    const [router] = await listed('source', '/routers', 'routers');
    await world.source.user.send('PUT', 'network', `/routers/${router?.id}`, { router: { description: 'changed since' } });
    const [group] = await listed('source', '/security-groups?name=web', 'security_groups');
    const rule = { security_group_id: group?.id, direction: 'ingress', protocol: 'udp', port_range_min: 7, port_range_max: 7 };
    await world.source.user.send('POST', 'network', '/security-group-rules', { security_group_rule: rule });
    expect((await different()).filter((line) => !before.includes(line)).sort()).toEqual([
      'router description changed minor',
      'security_group_rule * changed minor',
    ]);
  });

  test('has its last verification in its report', async () => {
    const { comparison } = await sender.daemon.verify({ campaign });
    const { verification } = await sender.daemon.report({ campaign });
    expect(verification?.comparison).toEqual(comparison);
  });
});

test('after its commit, without stamps and copies, it is compared as before, and the source goes its own way', async () => {
  const before = (await compared()).lines.filter(({ is }) => is === 'different');
  await sender.daemon.commit({ campaign, deleteSource: false });
  await untilState(sender, 'committed');
  const verified = () => sender.daemon.verify({ campaign });
  const { disks, comparison } = await vi.waitFor(verified, { timeout: 20_000, interval: 50 });
  expect(disks).toEqual([]);
  expect(comparison?.lines.filter(({ is }) => is === 'different')).toEqual(before);
  expect(comparison?.worst).toBe('serious');
  const waivers = before.map(({ ref }) => ({ resource: ref, attribute: '*', owner: 'a', until: '2999-01-01', reason: 'b' }));
  expect((await compared(waivers)).worst).toBeNull();
}, 60_000);
