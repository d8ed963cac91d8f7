import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startTwin } from '../../twin/twin.ts';
import { aFlavor, anImage, aServer, whenStatus } from './a-tenant.ts';
import { aFolder, ask, aTwin, login, microversion, until } from './a-twin.ts';

test('a restarted twin knows everything it knew, tokens and bytes too', async () => {
  const stateDir = await aFolder();
  const first = await startTwin({ stateDir, pace: 0, zeroDiskForMembers: true, guest: true });
  const demo = await login(first);
  const admin = await login(first, 'admin', 'admin');
  const image = await anImage(demo, Buffer.alloc(8192, 'x'));
  const flavor = await aFlavor(admin);
  const server = await aServer(demo, image, flavor);
  await first.stop();
  const second = await aTwin({ stateDir, guest: true });
  const again = (method: string, path: string, body?: unknown) => ask(second, method, path, body, { 'x-auth-token': demo.token });
  expect((await again('GET', `/compute/v2.1/servers/${server}`)).at('server.status')).toBe('ACTIVE');
  expect((await again('GET', `/image/v2/images/${image}/file`)).text).toBe(Buffer.alloc(8192, 'x').toString());
  const output = await again('POST', `/compute/v2.1/servers/${server}/action`, { 'os-getConsoleOutput': {} });
  expect(output.textAt('output')).toContain('boots=1');
});

test('what was under way when a twin stopped is taken up as nova-compute does', async () => {
  const stateDir = await aFolder();
  const slow = await startTwin({ stateDir, pace: 0, zeroDiskForMembers: true });
  const demo = await login(slow);
  const admin = await login(slow, 'admin', 'admin');
  const image = await anImage(demo, Buffer.alloc(8192, 'x'));
  const flavor = await aFlavor(admin);
  const stopping = await aServer(demo, image, flavor);
  const leaving = await aServer(demo, image, flavor);
  await slow.stop();
  const stuck = await startTwin({ stateDir, pace: 1000, zeroDiskForMembers: true });
  const user = await login(stuck);
  const building = await user.ask(
    'POST',
    '/compute/v2.1/servers',
    { server: { name: 'b', imageRef: image, flavorRef: flavor, networks: 'none' } },
    microversion('2.90'),
  );
  await user.ask('POST', `/compute/v2.1/servers/${stopping}/action`, { 'os-stop': null });
  await user.ask('DELETE', `/compute/v2.1/servers/${leaving}`);
  await stuck.stop();
  const last = await login(await aTwin({ stateDir }));
  await whenStatus(last, stopping, 'SHUTOFF');
  await whenStatus(last, building.textAt('server.id'), 'ERROR');
  await until(
    () => last.ask('GET', `/compute/v2.1/servers/${leaving}`),
    (reply) => reply.status === 404,
  );
});

test('the process says where it serves and ends on SIGTERM', async () => {
  const stateDir = await aFolder();
  const main = fileURLToPath(new URL('../../twin/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, '--state', stateDir, '--region', 'north', '--pace', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { authUrl } = JSON.parse(line) as { authUrl: string };
  expect((await fetch(authUrl)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
}, 20_000);
