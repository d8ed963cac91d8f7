import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Twin, TwinOptions } from '../../twin/twin.ts';
import { aFlavor, aNetwork, anImage, aServer, whenStatus } from './a-tenant.ts';
import { aTwin, type Client, login, microversion, until } from './a-twin.ts';

const c = '/compute/v2.1';
const v = microversion('2.90');

interface Room {
  readonly twin: Twin;
  readonly demo: Client;
  readonly admin: Client;
  readonly image: string;
  readonly flavor: string;
}

/** A cloud with a flavor and an image, ready for servers. */
async function aRoom(options: Partial<TwinOptions> = {}): Promise<Room> {
  const twin = await aTwin(options);
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'demo');
  return { twin, demo, admin, image: await anImage(demo, Buffer.alloc(16384, 'x')), flavor: await aFlavor(admin) };
}

const create = (room: Room, extra: Readonly<Record<string, unknown>> = {}) =>
  room.demo.ask(
    'POST',
    `${c}/servers`,
    { server: { name: 'vm', imageRef: room.image, flavorRef: room.flavor, networks: 'none', ...extra } },
    v,
  );
const act = (room: Room, id: string, action: unknown) => room.demo.ask('POST', `${c}/servers/${id}/action`, action, v);

test('a server is built in stages and cannot be acted upon before it is scheduled', async () => {
  const room = await aRoom({ pace: 30 });
  const made = await create(room);
  expect(made.status).toBe(202);
  const id = made.textAt('server.id');
  expect((await act(room, id, { 'os-stop': null })).status).toBe(404);
  const shown = await room.demo.ask('GET', `${c}/servers/${id}`, undefined, v);
  expect([shown.at('server.status'), shown.at('server.OS-EXT-STS:task_state')]).toEqual(['BUILD', 'scheduling']);
});

test('an action that the state or a running task forbids is a 409 that says so', async () => {
  const room = await aRoom({ pace: 1 });
  const id = await aServer(room.demo, room.image, room.flavor);
  const started = await act(room, id, { 'os-start': null });
  expect([started.status, started.at('conflictingRequest.message')]).toEqual([
    409,
    `Cannot 'start' instance ${id} while it is in vm_state active`,
  ]);
  await act(room, id, { 'os-stop': null });
  const twice = await act(room, id, { 'os-stop': null });
  expect([twice.status, twice.at('conflictingRequest.message')]).toEqual([
    409,
    `Cannot 'stop' instance ${id} while it is in task_state powering-off`,
  ]);
  await whenStatus(room.demo, id, 'SHUTOFF');
});

test('a locked server is closed to members and open to admins', async () => {
  const room = await aRoom();
  const id = await aServer(room.demo, room.image, room.flavor);
  await act(room, id, { lock: { locked_reason: 'moved away' } });
  expect((await room.demo.ask('GET', `${c}/servers/${id}`, undefined, v)).at('server.locked_reason')).toBe('moved away');
  expect((await act(room, id, { 'os-stop': null })).status).toBe(409);
  expect((await room.demo.ask('DELETE', `${c}/servers/${id}`)).status).toBe(409);
  // Nova snapshots a locked server, also for members.
  expect((await act(room, id, { createImage: { name: 'of a locked one' } })).status).toBe(202);
  await whenStatus(room.demo, id, 'ACTIVE');
  expect((await room.admin.ask('POST', `${c}/servers/${id}/action`, { 'os-stop': null })).status).toBe(202);
});

test('every state of a server has its word in the answers', async () => {
  const room = await aRoom();
  const id = await aServer(room.demo, room.image, room.flavor);
  const ways = [
    ['pause', 'PAUSED'],
    ['unpause', 'ACTIVE'],
    ['suspend', 'SUSPENDED'],
    ['resume', 'ACTIVE'],
    ['shelve', 'SHELVED_OFFLOADED'],
    ['unshelve', 'ACTIVE'],
  ] as const;
  for (const [action, status] of ways) {
    expect((await act(room, id, { [action]: null })).status, action).toBe(202);
    await whenStatus(room.demo, id, status);
  }
});

test('a server is rebuilt where it is, from the same image too, and stays stopped where it was', async () => {
  const room = await aRoom();
  const id = await aServer(room.demo, room.image, room.flavor);
  const shown = () => room.demo.ask('GET', `${c}/servers/${id}`, undefined, v);
  for (const status of ['ACTIVE', 'SHUTOFF']) {
    if (status === 'SHUTOFF') await act(room, id, { 'os-stop': null });
    await whenStatus(room.demo, id, status);
    expect((await act(room, id, { rebuild: { imageRef: room.image } })).status).toBe(202);
    await whenStatus(room.demo, id, status);
  }
  const actions = await room.demo.ask('GET', `${c}/servers/${id}/os-instance-actions`, undefined, v);
  expect(actions.listAt('instanceActions').map(({ action }) => action)).toEqual(['rebuild', 'stop', 'rebuild', 'create']);
  expect((await shown()).at('server.OS-EXT-STS:power_state')).toBe(4);
});

test('a resize waits to be confirmed, and a stopped server stays stopped', async () => {
  const room = await aRoom();
  const id = await aServer(room.demo, room.image, room.flavor);
  const other = await aFlavor(room.admin, 'm1.other');
  await act(room, id, { 'os-stop': null });
  await whenStatus(room.demo, id, 'SHUTOFF');
  expect((await act(room, id, { resize: { flavorRef: room.flavor } })).status).toBe(400);
  expect((await act(room, id, { resize: { flavorRef: other } })).status).toBe(202);
  await whenStatus(room.demo, id, 'VERIFY_RESIZE');
  expect((await act(room, id, { 'os-start': null })).status).toBe(409);
  await act(room, id, { confirmResize: null });
  const shown = await whenStatus(room.demo, id, 'SHUTOFF');
  expect(shown.at('server.flavor.original_name')).toBe('m1.other');
});

test('what is asked of a host that is down waits for it, and admins are told', async () => {
  const room = await aRoom();
  const id = await aServer(room.demo, room.image, room.flavor);
  room.twin.faults.set([{ do: 'host-down', name: 'vm|web' }]);
  const admin = await room.admin.ask('GET', `${c}/servers/${id}`, undefined, v);
  expect(admin.at('server.host_status')).toBe('UNKNOWN');
  await act(room, id, { 'os-stop': null });
  const asked = await room.demo.ask('GET', `${c}/servers/${id}`, undefined, v);
  expect([asked.at('server.status'), asked.at('server.OS-EXT-STS:task_state'), asked.at('server.host_status')]).toEqual([
    'ACTIVE',
    'powering-off',
    undefined,
  ]);
  room.twin.faults.clear();
  await whenStatus(room.demo, id, 'SHUTOFF');
});

test('a rebuild waits for a host that is down', async () => {
  const room = await aRoom();
  const id = await aServer(room.demo, room.image, room.flavor);
  room.twin.faults.set([{ do: 'host-down', name: 'vm|web' }]);
  expect((await act(room, id, { rebuild: { imageRef: room.image } })).status).toBe(202);
  await sleep(300);
  expect((await room.demo.ask('GET', `${c}/servers/${id}`, undefined, v)).at('server.status')).toBe('REBUILD');
  room.twin.faults.clear();
  await whenStatus(room.demo, id, 'ACTIVE');
});

test('a port that is given is bound and outlives the server, a port that Nova made does not', async () => {
  const room = await aRoom();
  const network = await aNetwork(room.demo, 'net1', '10.1.0.0/24', { enable_dhcp: false });
  const port = (await room.demo.ask('POST', '/network/v2.0/ports', { port: { network_id: network.id } })).textAt('port.id');
  const id = await aServer(room.demo, room.image, room.flavor, { networks: [{ port }, { uuid: network.id }] });
  const ports = await room.demo.ask('GET', `/network/v2.0/ports?device_id=${id}`);
  expect(ports.listAt('ports').map((each) => each['status'])).toEqual(['ACTIVE', 'ACTIVE']);
  expect((await create(room, { networks: [{ port }] })).status).toBe(409);
  await room.demo.ask('DELETE', `${c}/servers/${id}`);
  await until(
    () => room.demo.ask('GET', `${c}/servers/${id}`),
    (reply) => reply.status === 404,
  );
  const left = await room.demo.ask('GET', '/network/v2.0/ports');
  expect(left.listAt('ports').map((each) => [each['id'], each['device_id'], each['status']])).toEqual([[port, '', 'DOWN']]);
});

test('microversions decide which fields are known and which are shown', async () => {
  const room = await aRoom();
  const old = await room.demo.ask(
    'POST',
    `${c}/servers`,
    { server: { name: 'vm', imageRef: room.image, flavorRef: room.flavor, tags: ['x'] } },
    microversion('2.51'),
  );
  expect(old.status).toBe(400);
  expect((await room.demo.ask('GET', `${c}/servers`, undefined, microversion('2.94'))).status).toBe(406);
  const id = await aServer(room.demo, room.image, room.flavor, { tags: ['x'], description: 'd', hostname: 'vm-1' });
  const first = await room.demo.ask('GET', `${c}/servers/${id}`);
  expect([first.at('server.tags'), first.at('server.flavor.id'), first.headers.get('openstack-api-version')]).toEqual([
    undefined,
    room.flavor,
    'compute 2.1',
  ]);
  const last = await room.demo.ask('GET', `${c}/servers/${id}`, undefined, microversion('latest'));
  expect([last.at('server.tags'), last.at('server.flavor.original_name'), last.at('server.OS-EXT-SRV-ATTR:hostname')]).toEqual([
    ['x'],
    'm1.tiny',
    'vm-1',
  ]);
  expect((await room.demo.ask('GET', `${c}/servers/${id}/tags`)).status).toBe(404);
});

test('quotas refuse one server too many in the words of Nova', async () => {
  const room = await aRoom({ quotas: { compute: { instances: 1 } } });
  await aServer(room.demo, room.image, room.flavor);
  const over = await create(room);
  expect([over.status, over.at('forbidden.message')]).toEqual([
    403,
    'Quota exceeded for instances: Requested 1, but already used 1 of 1 instances',
  ]);
});

test('a snapshot carries what real ones carry, and names its image as the microversion wants', async () => {
  const room = await aRoom();
  const id = await aServer(room.demo, room.image, room.flavor);
  const early = await room.demo.ask('POST', `${c}/servers/${id}/action`, { createImage: { name: 'one' } });
  expect(early.headers.get('location')).toContain('/v2/images/');
  await whenStatus(room.demo, id, 'ACTIVE');
  const late = await act(room, id, { createImage: { name: 'two', metadata: { godwit_campaign: 'c1' } } });
  const image = await until(
    () => room.demo.ask('GET', `/image/v2/images/${late.textAt('image_id')}`),
    (reply) => reply.at('status') === 'active',
  );
  expect(image.at('base_image_ref')).toBe(room.image);
  expect(image.at('instance_uuid')).toBe(id);
  expect([image.at('image_type'), image.at('godwit_campaign'), image.at('disk_format')]).toEqual(['snapshot', 'c1', 'raw']);
});

test('servers come in pages, are found by a piece of their name, and all tenants are for admins', async () => {
  const room = await aRoom({ pageSize: 2 });
  for (const name of ['web-1', 'web-2', 'db']) await aServer(room.demo, room.image, room.flavor, { name });
  const first = await room.demo.ask('GET', `${c}/servers`, undefined, v);
  const second = await room.demo.ask('GET', first.textAt('servers_links.0.href'), undefined, v);
  expect([...first.listAt('servers'), ...second.listAt('servers')].map((each) => each['name'])).toEqual(['db', 'web-2', 'web-1']);
  expect((await room.demo.ask('GET', `${c}/servers?name=WEB`, undefined, v)).listAt('servers')).toHaveLength(2);
  expect((await room.demo.ask('GET', `${c}/servers?all_tenants=1`, undefined, v)).status).toBe(403);
});

test('a keypair exists once per user and is shown to admins by user', async () => {
  const room = await aRoom();
  const key = {
    keypair: { name: 'k1', public_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqfXcWnUmdVYZ9bDD5HwRx8kfuTiwOS4XaYbfkIsRWK x@y' },
  };
  const made = await room.demo.ask('POST', `${c}/os-keypairs`, key, v);
  expect([made.status, made.textAt('keypair.fingerprint').length]).toEqual([201, 47]);
  expect((await room.demo.ask('POST', `${c}/os-keypairs`, key, v)).status).toBe(409);
  const byUser = await room.admin.ask('GET', `${c}/os-keypairs?user_id=${made.textAt('keypair.user_id')}`, undefined, v);
  expect(byUser.listAt('keypairs')).toHaveLength(1);
  expect((await room.admin.ask('GET', `${c}/os-keypairs`, undefined, v)).listAt('keypairs')).toHaveLength(0);
});

test('a port with another DNS name than the host name fails the build; a port that is plugged out loses the name', async () => {
  const room = await aRoom({ dns: true });
  const { demo } = room;
  const { id: network_id } = await aNetwork(demo, 'net1', '10.1.0.0/24');
  const port = async (dns_name: string): Promise<string> =>
    (await demo.ask('POST', '/network/v2.0/ports', { port: { network_id, dns_name } })).textAt('port.id');
  const other = await create(room, { networks: [{ port: await port('other') }] });
  expect(other.status).toBe(202);
  const failed = await whenStatus(demo, other.textAt('server.id'), 'ERROR');
  expect(failed.at('server.fault.message')).toContain('does not match instance');
  const own = await port('');
  const made = await create(room, { networks: [{ port: own }] });
  await whenStatus(demo, made.textAt('server.id'), 'ACTIVE');
  const name = async (): Promise<unknown> => (await demo.ask('GET', `/network/v2.0/ports/${own}`)).at('port.dns_name');
  expect(await name()).toBe('vm');
  await demo.ask('DELETE', `${c}/servers/${made.textAt('server.id')}`);
  await until(
    () => demo.ask('GET', `/network/v2.0/ports/${own}`),
    (reply) => reply.at('port.device_id') === '',
  );
  expect(await name()).toBe('');
});
