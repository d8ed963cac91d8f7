import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Plan } from '../../../../sender/model/plan.ts';
import { type Cloud, untilState } from '../../../support/in-process.ts';
import type { OpenStackUser } from '../../../support/openstack-user.ts';
import { ShopTemplate, type ShopWorld } from '../../../support/shop-world.ts';

interface Group {
  readonly id: string;
  readonly name: string;
  readonly policy: string;
  readonly rules: object;
  readonly members: readonly string[];
}

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make(['web 1']);
});
afterAll(() => template.remove());

/** A world whose source has two groups of one name with a server each, and one without servers. */
async function aGroupedWorld(): Promise<ShopWorld> {
  const shop = await template.world();
  const { user } = shop.world.source;
  const soft = { name: 'apart é', policy: 'soft-anti-affinity' };
  await joined(user, 'first', await aGroup(user, soft));
  await joined(user, 'second', await aGroup(user, soft));
  await aGroup(user, { name: 'two each', policy: 'anti-affinity', rules: { max_server_per_host: 2 } });
  await user.until('Building the servers', async () => {
    const servers = await user.list<{ status: string }>('compute', '/servers/detail', 'servers');
    return servers.every(({ status }) => status === 'ACTIVE') ? true : undefined;
  });
  return shop;
}

async function aGroup(user: OpenStackUser, server_group: object): Promise<string> {
  const made = await user.send<{ server_group: Group }>('POST', 'compute', '/os-server-groups', { server_group });
  return made.server_group.id;
}

async function joined(user: OpenStackUser, name: string, group: string): Promise<void> {
  const [image] = await user.list<{ id: string }>('image', '/images', 'images');
  const flavors = await user.list<{ id: string; name: string }>('compute', '/flavors', 'flavors');
  const flavorRef = flavors.find((flavor) => flavor.name === 'm1.tiny')?.id;
  const server = { name, imageRef: image?.id, flavorRef, networks: 'none' };
  await user.send('POST', 'compute', '/servers', { server, 'os:scheduler_hints': { group } });
}

/** The groups of a project, each with the names of its servers. */
async function groupsOf({ user }: Cloud): Promise<readonly object[]> {
  const groups = await user.list<Group>('compute', '/os-server-groups', 'server_groups');
  const servers = await user.list<{ id: string; name: string }>('compute', '/servers', 'servers');
  const seen = groups.map(({ name, policy, rules, members }) => ({
    name,
    policy,
    rules,
    members: members.map((id) => servers.find((server) => server.id === id)?.name),
  }));
  return seen.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

/** Starts a campaign of some of the servers; returns what its plan decides about the groups. */
async function moveAll({ sender }: ShopWorld, only?: readonly string[]): Promise<readonly string[]> {
  const { plan, decisions, concerns } = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  const { waves, ...others } = parse(plan) as Plan;
  const chosen = waves.map(({ servers, ...wave }) => ({
    ...wave,
    servers: servers.filter(({ name = '' }) => only?.includes(name) ?? true),
  }));
  await sender.daemon.migrate({ plan: stringify({ ...others, waves: chosen }), file: 'plan.yaml', options: {} });
  return decisions.flatMap(({ ref, action }) => (ref.startsWith('server_group/') ? [action] : []));
}

test('server groups move with policy, rules and servers, equal names or not; a rollback removes them', async () => {
  const shop = await aGroupedWorld();
  const { world, sender } = shop;
  const wanted = await groupsOf(world.source);
  expect(wanted).toHaveLength(3);
  expect(await moveAll(shop)).toEqual(['create', 'create', 'create']);
  const campaign = await untilState(sender, 'ready');
  expect(await groupsOf(world.destination)).toEqual(wanted);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await groupsOf(world.destination)).toEqual([]);
  expect(await groupsOf(world.source)).toEqual(wanted);
});

test('a second campaign adopts the groups of the first, and its servers join them; its rollback keeps them', async () => {
  const shop = await aGroupedWorld();
  const { world, sender } = shop;
  const wanted = await groupsOf(world.source);
  await moveAll(shop, ['web 1', 'first']);
  const first = await untilState(sender, 'ready');
  const early = await groupsOf(world.destination);
  await sender.daemon.commit({ campaign: first, deleteSource: false });
  await untilState(sender, 'committed');
  expect(await moveAll(shop)).toEqual(['adopt', 'adopt', 'adopt']);
  const latest = async () => (await sender.daemon.status()).campaigns.find(({ id }) => id !== first);
  await expect.poll(async () => (await latest())?.state, { timeout: 50_000 }).toBe('ready');
  expect(await groupsOf(world.destination)).toEqual(wanted);
  expect(await latest()).toMatchObject({ built: 0 });
  await sender.daemon.rollback({ campaign: (await latest())?.id ?? '' });
  await expect.poll(async () => (await latest())?.state, { timeout: 50_000 }).toBe('rolled back');
  expect(await groupsOf(world.destination)).toEqual(early);
});
