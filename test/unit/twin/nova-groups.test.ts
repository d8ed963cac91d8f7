import { expect, test } from 'vitest';
import { aFlavor, anImage, whenStatus } from './a-tenant.ts';
import { aTwin, login, microversion } from './a-twin.ts';

const path = '/compute/v2.1/os-server-groups';
const v = microversion('2.90');
const of = (server_group: object): object => ({ server_group });

test('a group has one policy and its rules, which only anti-affinity has; before 2.64 it lists the policy', async () => {
  const demo = await login(await aTwin());
  const rules = { max_server_per_host: 3 };
  const made = await demo.ask('POST', path, of({ name: 'a', policy: 'anti-affinity', rules }), v);
  expect([made.status, made.at('server_group.rules')]).toEqual([200, rules]);
  expect((await demo.ask('POST', path, of({ name: 'b', policy: 'affinity', rules }), v)).status).toBe(400);
  expect((await demo.ask('POST', path, of({ name: ' b', policy: 'affinity' }), v)).status).toBe(400);
  const older = await demo.ask('POST', path, of({ name: 'c', policies: ['soft-affinity'] }), microversion('2.60'));
  expect([older.status, older.at('server_group.policies')]).toEqual([200, ['soft-affinity']]);
  expect((await demo.ask('POST', path, of({ name: 'c', policies: ['affinity'] }), v)).status).toBe(400);
});

test('quotas bound the groups of a project and the servers of a group, and the one host what must lie apart', async () => {
  const twin = await aTwin({ quotas: { compute: { server_groups: 1, server_group_members: 2 } } });
  const demo = await login(twin);
  const imageRef = await anImage(demo, Buffer.alloc(16384, 'x'));
  const flavorRef = await aFlavor(await login(twin, 'admin', 'demo'));
  const group = (await demo.ask('POST', path, of({ name: 'a', policy: 'anti-affinity' }), v)).textAt('server_group.id');
  expect((await demo.ask('POST', path, of({ name: 'b', policy: 'affinity' }), v)).status).toBe(403);
  const join = (name: string) => {
    const server = { name, imageRef, flavorRef, networks: 'none' };
    return demo.ask('POST', '/compute/v2.1/servers', { server, 'os:scheduler_hints': { group } }, v);
  };
  const first = (await join('first')).textAt('server.id');
  const shown = await whenStatus(demo, first, 'ACTIVE');
  expect(shown.at('server.server_groups')).toEqual([group]);
  const second = (await join('second')).textAt('server.id');
  expect((await whenStatus(demo, second, 'ERROR')).textAt('server.fault.message')).toContain('No valid host was found');
  expect((await join('third')).status).toBe(403);
});

test('a group goes with or without servers, and is another project’s business only for an admin', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'admin');
  const id = (await demo.ask('POST', path, of({ name: 'a', policy: 'affinity' }), v)).textAt('server_group.id');
  expect((await admin.ask('GET', path, undefined, v)).listAt('server_groups')).toEqual([]);
  expect((await admin.ask('GET', `${path}?all_projects=True`, undefined, v)).listAt('server_groups')).toHaveLength(1);
  expect((await demo.ask('DELETE', `${path}/${id}`, undefined, v)).status).toBe(204);
  expect((await demo.ask('GET', `${path}/${id}`, undefined, v)).status).toBe(404);
});
