import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { aFlavor, anImage, aServer, whenStatus } from './a-tenant.ts';
import { aFolder, aTwin, login, microversion, until } from './a-twin.ts';

const c = '/compute/v2.1';

test('a lost answer leaves a ghost: the network exists although its creation seemed to fail', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  twin.faults.set([{ do: 'lost-answer', times: 1, match: { service: 'network', method: 'POST', path: '/networks$' } }]);
  await expect(demo.ask('POST', '/network/v2.0/networks', { network: { name: 'ghost' } })).rejects.toThrow();
  expect((await demo.ask('GET', '/network/v2.0/networks?name=ghost')).listAt('networks')).toHaveLength(1);
});

test('a dropped request leaves nothing behind', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  twin.faults.set([{ do: 'drop', times: 1, match: { service: 'network', method: 'POST' } }]);
  await expect(demo.ask('POST', '/network/v2.0/networks', { network: { name: 'none' } })).rejects.toThrow();
  expect((await demo.ask('GET', '/network/v2.0/networks')).listAt('networks')).toHaveLength(0);
});

test('a file switches faults on and off while the twin runs', async () => {
  const stateDir = await aFolder();
  const twin = await aTwin({ stateDir });
  const demo = await login(twin);
  const write = async (faults: unknown): Promise<void> => {
    await writeFile(join(stateDir, 'faults.new'), JSON.stringify(faults));
    await rename(join(stateDir, 'faults.new'), join(stateDir, 'faults.json'));
  };
  await write([{ do: 'status', status: 429, headers: { 'Retry-After': '7' }, times: 1, match: { service: 'compute' } }]);
  const busy = await demo.ask('GET', `${c}/servers`);
  expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '7']);
  expect((await demo.ask('GET', `${c}/servers`)).status).toBe(200);
  await write([{ do: 'expire-tokens' }]);
  expect((await demo.ask('GET', `${c}/servers`)).status).toBe(401);
});

test('a download is cut, ended early or flipped by one bit', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const bytes = Buffer.alloc(300_000, 'abc');
  const file = `/image/v2/images/${await anImage(demo, bytes)}/file`;
  const match = { service: 'image', method: 'GET' } as const;
  twin.faults.set([{ do: 'drop-after', bytes: 100_000, times: 1, match }]);
  await expect(demo.ask('GET', file)).rejects.toThrow();
  twin.faults.set([{ do: 'truncate', bytes: 100_000, times: 1, match }]);
  expect((await demo.ask('GET', file)).text).toHaveLength(100_000);
  twin.faults.set([{ do: 'corrupt', bytes: 100_000, times: 1, match }]);
  const wrong = await demo.ask('GET', file);
  expect(Buffer.from(wrong.text).equals(bytes)).toBe(false);
  expect(wrong.text).toHaveLength(bytes.length);
  expect((await demo.ask('GET', file)).text).toBe(bytes.toString());
});

test('a build fails with the message of its fault, a stop goes unheard, a flavor and a quota vanish', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  const admin = await login(twin, 'admin', 'admin');
  const image = await anImage(demo, Buffer.alloc(8192, 1));
  const flavor = await aFlavor(admin);
  const v = microversion('2.90');
  const server = { name: 'db', imageRef: image, flavorRef: flavor, networks: 'none' };
  twin.faults.set([
    { do: 'server-error', name: '^db$', times: 1, message: 'No valid host was found.' },
    { do: 'stop-ignored', times: 1 },
  ]);
  const failed = (await demo.ask('POST', `${c}/servers`, { server }, v)).textAt('server.id');
  expect((await whenStatus(demo, failed, 'ERROR')).at('server.fault.message')).toBe('No valid host was found.');
  const deaf = await aServer(demo, image, flavor);
  await demo.ask('POST', `${c}/servers/${deaf}/action`, { 'os-stop': null });
  await whenStatus(demo, deaf, 'ACTIVE');
  await demo.ask('POST', `${c}/servers/${deaf}/action`, { 'os-stop': null });
  await whenStatus(demo, deaf, 'SHUTOFF');
  twin.faults.set([{ do: 'quota', service: 'compute', project: 'demo', set: { instances: 0 } }]);
  expect((await demo.ask('POST', `${c}/servers`, { server }, v)).status).toBe(403);
  twin.faults.set([{ do: 'delete-flavor', flavor: 'm1.tiny' }]);
  expect((await demo.ask('POST', `${c}/servers`, { server }, v)).status).toBe(400);
});

test('an upload ends as killed when the fault says so', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  twin.faults.set([{ do: 'image-killed', times: 1 }]);
  const id = await anImage(demo, Buffer.alloc(100, 1));
  expect((await demo.ask('GET', `/image/v2/images/${id}`)).at('status')).toBe('killed');
});

test('every request is logged with its status', async () => {
  const twin = await aTwin();
  const demo = await login(twin);
  await demo.ask('GET', '/network/v2.0/networks?name=x');
  await until(
    () => demo.ask('GET', '/image/v2/images'),
    (reply) => reply.status === 200,
  );
  expect(twin.requests).toContainEqual({ method: 'GET', path: '/network/v2.0/networks?name=x', status: 200 });
  expect(twin.requests.filter((request) => request.method !== 'GET').map((request) => request.path)).toEqual([
    '/identity/v3/auth/tokens',
  ]);
});
