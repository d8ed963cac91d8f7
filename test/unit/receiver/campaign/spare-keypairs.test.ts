import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Plan } from '../../../../sender/model/plan.ts';
import { type Cloud, untilState } from '../../../support/in-process.ts';
import { ShopTemplate, type ShopWorld } from '../../../support/shop-world.ts';
import { anSshKey } from '../../../support/ssh-server.ts';

let template: ShopTemplate;
beforeAll(async () => {
  template = await ShopTemplate.make();
});
afterAll(() => template.remove());

const certificate = '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n';

/** A world whose source has two keypairs that no server uses, one of each type. */
async function aWorld(): Promise<ShopWorld> {
  const shop = await template.world();
  const send = (keypair: object) => shop.world.source.user.send('POST', 'compute', '/os-keypairs', { keypair });
  await send({ name: 'spare key', public_key: anSshKey().publicKey.trim() });
  await send({ name: 'certified', type: 'x509', public_key: certificate });
  return shop;
}

/** The keypairs of a cloud's user as its API shows them. */
async function keypairsOf({ user }: Cloud) {
  const all = await user.list<{ keypair: { name: string } }>('compute', '/os-keypairs', 'keypairs');
  return all.map(({ keypair }) => keypair).toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Starts a campaign of some of the servers; returns what its plan decides about the keypairs. */
async function move({ sender }: ShopWorld, servers?: readonly string[]): Promise<Record<string, string>> {
  const { plan, decisions, concerns } = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(concerns.filter(({ severity }) => severity === 'blocking')).toEqual([]);
  const { waves, ...others } = parse(plan) as Plan;
  const chosen = waves.map((wave) => ({
    ...wave,
    servers: wave.servers.filter(({ name = '' }) => servers?.includes(name) ?? true),
  }));
  await sender.daemon.migrate({ plan: stringify({ ...others, waves: chosen }), file: 'plan.yaml', options: {} });
  const keypairs = decisions.filter(({ ref }) => ref.startsWith('keypair/'));
  return Object.fromEntries(keypairs.map(({ ref, action }) => [ref.slice('keypair/'.length), action]));
}

test('keypairs that no server uses move with the project, of both types; a rollback removes those that it made', async () => {
  const shop = await aWorld();
  const { world, sender } = shop;
  const wanted = await keypairsOf(world.source);
  expect(wanted).toHaveLength(3);
  const equal = { keypair: { name: 'certified', type: 'x509', public_key: certificate } };
  await world.destination.user.send('POST', 'compute', '/os-keypairs', equal);
  const before = await keypairsOf(world.destination);
  expect(await move(shop)).toEqual({ 'spare key': 'create', certified: 'adopt', operator: 'create' });
  const campaign = await untilState(sender, 'ready');
  expect(await keypairsOf(world.destination)).toEqual(wanted);
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await keypairsOf(world.destination)).toEqual(before);
});

test('a keypair of the destination that has the name of one that no server uses stays as it is, and both are told', async () => {
  const shop = await aWorld();
  const { world, sender } = shop;
  const theirs = { name: 'spare key', public_key: anSshKey().publicKey.trim() };
  await world.destination.user.send('POST', 'compute', '/os-keypairs', { keypair: theirs });
  const { concerns } = await sender.daemon.plan({ project: undefined, servers: [] });
  expect(concerns).toContainEqual(expect.objectContaining({ code: 'keypair.left_out', about: 'keypair/spare key' }));
  expect(await move(shop)).toMatchObject({ 'spare key': 'adopt', certified: 'create' });
  const campaign = await untilState(sender, 'ready');
  const { changes } = await sender.daemon.report({ campaign });
  expect(changes.changed).toContainEqual(expect.stringMatching(/spare key.*public_key/));
  await sender.daemon.rollback({ campaign });
  await untilState(sender, 'rolled back');
  expect(await keypairsOf(world.destination)).toMatchObject([theirs]);
});

test('a second campaign finds the keypairs of the first', async () => {
  const shop = await aWorld();
  const { world, sender } = shop;
  await move(shop, ['web 1']);
  const first = await untilState(sender, 'ready');
  const wanted = await keypairsOf(world.destination);
  expect(wanted).toEqual(await keypairsOf(world.source));
  await sender.daemon.commit({ campaign: first, deleteSource: false });
  await untilState(sender, 'committed');
  expect(await move(shop)).toEqual({ 'spare key': 'adopt', certified: 'adopt', operator: 'adopt' });
  const latest = async () => (await sender.daemon.status()).campaigns.find(({ id }) => id !== first);
  await expect.poll(async () => (await latest())?.state, { timeout: 50_000 }).toBe('ready');
  expect(await latest()).toMatchObject({ built: 0 });
  await sender.daemon.rollback({ campaign: (await latest())?.id ?? '' });
  await expect.poll(async () => (await latest())?.state, { timeout: 50_000 }).toBe('rolled back');
  expect(await keypairsOf(world.destination)).toEqual(wanted);
});
