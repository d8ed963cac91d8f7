import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { Site } from '../../../../../../shared/cloud/openstack/builders/site.ts';
import { readImage } from '../../../../../../shared/cloud/openstack/images/snapshots.ts';
import { readServer } from '../../../../../../shared/cloud/openstack/servers/server-state.ts';
import { listAll } from '../../../../../../shared/cloud/openstack/session/pages.ts';
import type { CloudSession } from '../../../../../../shared/cloud/openstack/session/session.ts';
import { aSmallCloud, json, soon } from '../a-cloud.ts';

const get = (path: string) => ({ method: 'GET', service: 'network', path, signal: soon() }) as const;
const remove = (path: string) => ({ method: 'DELETE', service: 'network', path, mayBeGone: true, signal: soon() }) as const;

/** A cloud whose first answers are spoilt, so often, and whose later ones are right. */
async function spoiltAtFirst(times: number, spoil: (response: ServerResponse) => void, right: unknown) {
  let asked = 0;
  const cloud = await aSmallCloud((_path, _request, response) => {
    asked += 1;
    if (asked <= times) spoil(response);
    else json(response, right);
  });
  return { cloud, asked: () => asked };
}

const page = (response: ServerResponse, status: number, type = 'text/html'): void => {
  response.writeHead(status, type === '' ? {} : { 'content-type': type }).end('<html><h1>default backend</h1></html>');
};

describe('an answer that the service did not make', () => {
  test.each([
    ['a page of a proxy', (response: ServerResponse) => page(response, 200)],
    ['a page that is called JSON', (response: ServerResponse) => page(response, 200, 'application/json')],
    [
      'half an answer',
      (response: ServerResponse) => void response.writeHead(200, { 'content-length': 99 }).write('{"a', () => response.destroy()),
    ],
    ['an answer that ends too early', (response: ServerResponse) => void response.writeHead(200).end('{"networks": [{"id"')],
  ])('%s is asked for again', async (_name, spoil) => {
    const { cloud, asked } = await spoiltAtFirst(1, spoil, { networks: [{ id: 'n' }] });
    const listing = { service: 'network', path: '/networks', key: 'networks' } as const;
    expect(await listAll(cloud.session, listing, soon())).toEqual([{ id: 'n' }]);
    expect(asked()).toBe(2);
  });

  test('is a problem that shows its beginning where it stays', async () => {
    const cloud = await aSmallCloud((_path, _request, response) => page(response, 200, ''));
    const post = { method: 'POST', service: 'network', path: '/networks', body: {}, signal: soon() } as const;
    await expect(cloud.session.call(post)).rejects.toMatchObject({
      code: 'E_CLOUD',
      message:
        'POST /networks: the answer (200, without a content type) is cut off or not JSON: <html><h1>default backend</h1></html>',
    });
  });

  test('and has no content type is read where it is JSON', async () => {
    const cloud = await aSmallCloud((_path, _request, response) => void response.writeHead(200).end('{"networks": []}'));
    expect(await cloud.session.call(get('/networks'))).toMatchObject({ body: { networks: [] } });
  });

  test('and is longer than any list is given up, once', async () => {
    const { cloud, asked } = await spoiltAtFirst(
      9,
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, ' ')));
        };
        response.on('drain', more);
        more();
      },
      {},
    );
    await expect(cloud.session.call(get('/networks'))).rejects.toMatchObject({ code: 'E_CLOUD_REFUSED' });
    expect(asked()).toBe(1);
  });
});

describe('nothing counts as gone', () => {
  test.each([
    [
      'a port',
      async (session: CloudSession) => new Site(session).get('network', '/ports/p', 'port', soon()),
      { port: { id: 'p' } },
    ],
    ['a server', async (session: CloudSession) => readServer(session, 's', soon()), { server: { id: 's' } }],
    ['an image', async (session: CloudSession) => readImage(session, 'i', soon()), { id: 'i' }],
  ])('because a proxy has no way to the service, nor because an answer is empty: %s', async (_name, read, right) => {
    const lost = await spoiltAtFirst(1, (response) => page(response, 404), right);
    expect(await read(lost.cloud.session)).not.toBeNull();
    const empty = await aSmallCloud((_path, _request, response) => json(response, null));
    await expect(read(empty.session)).rejects.toMatchObject({ code: 'E_CLOUD' });
    const gone = await aSmallCloud((_path, _request, response) => json(response, { itemNotFound: { code: 404 } }, 404));
    expect(await read(gone.session)).toBeNull();
  });

  test('because a proxy answers a removal with its own 404', async () => {
    const { cloud, asked } = await spoiltAtFirst(1, (response) => page(response, 404), null);
    expect(await cloud.session.call(remove('/ports/p'))).toMatchObject({ status: 200 });
    expect(asked()).toBe(2);
  });
});

describe('a redirection', () => {
  test('is a failure that says where to, is not repeated, and takes no token along', async () => {
    const elsewhere = await aSmallCloud((_path, _request, response) => json(response, {}));
    const to = `${new URL(elsewhere.access.authUrl).origin}/v2.0/networks?token=x`;
    const cloud = await aSmallCloud((_path, _request, response) => void response.writeHead(302, { location: to }).end());
    await expect(cloud.session.call(get('/networks'))).rejects.toMatchObject({
      code: 'E_CLOUD_REDIRECT',
      message: expect.stringContaining(`/network/v2.0/networks with a redirection (302) to ${to.replace(/\?.*/, '')}.`),
    });
    expect(cloud.requests).toHaveLength(1);
    expect(elsewhere.requests).toEqual([]);
  });

  test('of Keystone is a failure of the same kind', async () => {
    const cloud = await aSmallCloud(() => undefined, {
      keystone: (_nth, response) => {
        response.writeHead(301, { location: 'https://keystone.example/v3/auth/tokens' }).end();
        return 'answered';
      },
    });
    await expect(cloud.session.token(soon())).rejects.toMatchObject({
      code: 'E_CLOUD_REDIRECT',
      message: expect.stringContaining('to https://keystone.example/v3/auth/tokens.'),
    });
  });

  test('of the version document is not met, for it is asked with its slash', async () => {
    const cloud = await aSmallCloud((_path, _request, response) => json(response, {}));
    expect(await cloud.session.microversion(soon())).toBe('2.93');
    expect(cloud.requests).toEqual(['GET /compute/v2.1/']);
  });
});

describe('a list', () => {
  test('whose links point to another host is read from its own, and no token goes there', async () => {
    const elsewhere = await aSmallCloud((_path, _request, response) => json(response, { networks: [] }));
    const host = new URL(elsewhere.access.authUrl).origin;
    const cloud = await aSmallCloud((path, _request, response) => {
      const isFirst = !path.includes('marker');
      const links = [{ rel: 'next', href: `${host}/v2.0/networks?marker=a` }];
      json(response, { networks: [{ id: isFirst ? 'a' : 'b' }], ...(isFirst ? { networks_links: links } : {}) });
    });
    const listing = { service: 'network', path: '/networks', key: 'networks' } as const;
    expect(await listAll(cloud.session, listing, soon())).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(elsewhere.requests).toEqual([]);
  });

  test.each([
    ['a link that is no address', [{ rel: 'next', href: 'http://[' }]],
    ['links that are no list', { next: true }],
    ['a link that is nothing', [null]],
  ])('ends at %s', async (_name, links) => {
    const cloud = await aSmallCloud((_path, _request, response) =>
      json(response, { networks: [{ id: 'a' }], networks_links: links }),
    );
    const listing = { service: 'network', path: '/networks', key: 'networks' } as const;
    expect(await listAll(cloud.session, listing, soon())).toEqual([{ id: 'a' }]);
  });
});
