import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isAdmin } from '../../../../../../shared/cloud/openstack/session/token.ts';
import { aSmallCloud, json, type Keystone, soon } from '../a-cloud.ts';

const get = (signal = soon()) => ({ method: 'GET', service: 'network', path: '/networks', signal }) as const;

/** A Keystone that fails so often before it gives a token. */
function failing(times: number, fail: (response: Parameters<Keystone>[1]) => void): Keystone {
  return (nth, response) => {
    if (nth > times) return undefined;
    fail(response);
    return 'answered';
  };
}

describe('a token is asked for again', () => {
  test.each([
    ['after a 502', (response: Parameters<Keystone>[1]) => void response.writeHead(502).end('<html>Bad Gateway</html>')],
    ['after a 503', (response: Parameters<Keystone>[1]) => json(response, {}, 503)],
    ['after a 429', (response: Parameters<Keystone>[1]) => json(response, {}, 429, { 'retry-after': '0' })],
    ['after a cut connection', (response: Parameters<Keystone>[1]) => void response.destroy()],
    [
      'after half an answer',
      (response: Parameters<Keystone>[1]) => {
        response
          .writeHead(201, { 'content-length': 900, 'x-subject-token': 'half' })
          .write('{"token": {', () => response.destroy());
      },
    ],
    [
      'after a page that is not Keystone’s',
      (response: Parameters<Keystone>[1]) =>
        void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Hello</html>'),
    ],
  ])('%s', async (_name, fail) => {
    const cloud = await aSmallCloud((_path, _request, response) => json(response, {}), { keystone: failing(2, fail) });
    expect(await cloud.session.call(get())).toMatchObject({ status: 200 });
    expect(cloud.tokens).toHaveLength(1);
  });

  test('as late as Retry-After says', async () => {
    const slow = failing(1, (response) => json(response, {}, 429, { 'retry-after': '1' }));
    const cloud = await aSmallCloud((_path, _request, response) => json(response, {}), { keystone: slow });
    const began = performance.now();
    await cloud.session.call(get());
    expect(performance.now() - began).toBeGreaterThan(950);
  });

  test('but not where the password is wrong', async () => {
    let asked = 0;
    const cloud = await aSmallCloud(() => undefined, {
      keystone: (nth, response) => {
        asked = nth;
        json(response, { error: { message: 'The request you have made requires authentication.' } }, 401);
        return 'answered';
      },
    });
    await expect(cloud.session.call(get())).rejects.toMatchObject({ code: 'E_AUTH' });
    expect(asked).toBe(1);
  });
});

describe('a caller', () => {
  test('that gives up while a token is renewed does not end the call of another', async () => {
    const cloud = await aSmallCloud((_path, _request, response) => json(response, {}), { discoveryMs: 200 });
    const stop = new AbortController();
    const first = cloud.session.call(get(stop.signal));
    const second = cloud.session.call(get());
    await sleep(50);
    stop.abort();
    await expect(first).rejects.toMatchObject({ code: 'E_CANCELLED' });
    expect(await second).toMatchObject({ status: 200 });
    expect(cloud.tokens).toHaveLength(1);
  });

  test('that gives up while the microversion is asked for does not end the call of another', async () => {
    const cloud = await aSmallCloud((_path, _request, response) => json(response, {}), { discoveryMs: 200 });
    const compute = (signal: AbortSignal) => ({ method: 'GET', service: 'compute', path: '/servers', signal }) as const;
    await cloud.session.token(soon());
    const stop = new AbortController();
    const first = cloud.session.call(compute(stop.signal));
    const second = cloud.session.call(compute(soon()));
    await sleep(50);
    stop.abort();
    await expect(first).rejects.toMatchObject({ code: 'E_CANCELLED' });
    expect(await second).toMatchObject({ status: 200 });
  });

  test('is told of the session’s end, which ends the renewal too', async () => {
    const cloud = await aSmallCloud(() => undefined, { keystone: () => 'answered' });
    const ended = expect(cloud.session.call(get())).rejects.toMatchObject({ code: 'E_CANCELLED' });
    await sleep(50);
    await cloud.session.close();
    await ended;
  });
});

test.each([
  [['member', 'admin'], true],
  [['Admin'], true],
  [['ADMIN', 'reader'], true],
  [['member', 'administrator', 'load-balancer_admin'], false],
])('of the roles %j it is told whether policies take them for an admin’s: %j', (roles, is) => {
  expect(isAdmin({ roles })).toBe(is);
});
