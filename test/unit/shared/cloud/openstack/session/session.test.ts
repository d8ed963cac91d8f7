import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { selfSigned } from '../../../../../../protocol/transport/certificate.ts';
import { OpenStackSettings } from '../../../../../../shared/cloud/openstack/account/config.ts';
import { resolveAccess } from '../../../../../../shared/cloud/openstack/account/credentials.ts';
import { listAll } from '../../../../../../shared/cloud/openstack/session/pages.ts';
import { CloudSession } from '../../../../../../shared/cloud/openstack/session/session.ts';
import { startTwin } from '../../../../../twin/twin.ts';
import { aSmallCloud, canary, json, soon } from '../a-cloud.ts';

/** A key with a certificate that it signed itself, for `localhost`. */
function aCertificate(): { readonly tls: { readonly key: string; readonly cert: string }; readonly ca: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const day = 86_400_000;
  const cert = selfSigned(privateKey, publicKey, 'localhost', new Date(Date.now() - day), new Date(Date.now() + day));
  return { tls: { key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), cert }, ca: cert };
}

const get = (path: string, more = {}) => ({ method: 'GET', service: 'network', path, signal: soon(), ...more }) as const;

async function drained(request: AsyncIterable<unknown>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

describe('a session', () => {
  test('adds the version to an endpoint that names none, and sends its token', async () => {
    const cloud = await aSmallCloud((_path, request, response) => json(response, { token: request.headers['x-auth-token'] }));
    expect(await cloud.session.call(get('/networks'))).toMatchObject({ status: 200, body: { token: cloud.tokens[0] } });
    expect(cloud.requests).toEqual(['GET /network/v2.0/networks']);
  });

  test('asks for one token only, however many calls begin at once', async () => {
    const cloud = await aSmallCloud((_path, _request, response) => json(response, {}));
    await Promise.all(Array.from({ length: 8 }, () => cloud.session.call(get('/networks'))));
    expect(cloud.tokens).toHaveLength(1);
  });

  test('renews a token before it expires', async () => {
    const cloud = await aSmallCloud((_path, _request, response) => json(response, {}), { tokenLifeMs: 50 });
    await cloud.session.call(get('/networks'));
    await new Promise((resolve) => setTimeout(resolve, 60));
    await cloud.session.call(get('/networks'));
    expect(cloud.tokens).toHaveLength(2);
  });

  test('renews a token that the cloud refuses, once, and then says so', async () => {
    const cloud = await aSmallCloud((path, request, response) => {
      const revoked = path.endsWith('/never') || request.headers['x-auth-token'] === cloud.tokens[0];
      json(
        response,
        revoked ? { error: { message: 'The request you have made requires authentication.' } } : {},
        revoked ? 401 : 200,
      );
    });
    expect(await cloud.session.call(get('/networks'))).toMatchObject({ status: 200 });
    expect(cloud.tokens).toHaveLength(2);
    await expect(cloud.session.call(get('/never'))).rejects.toMatchObject({ code: 'E_AUTH' });
    expect(cloud.tokens).toHaveLength(3);
  });

  test('opens an upload again when its token is refused in the middle', async () => {
    let opened = 0;
    const cloud = await aSmallCloud(async (_path, request, response) => {
      const body = await drained(request);
      if (request.headers['x-auth-token'] === cloud.tokens[0]) json(response, {}, 401);
      else json(response, { body, length: request.headers['content-length'] });
    });
    const open = async function* (): AsyncGenerator<Buffer> {
      opened += 1;
      yield Buffer.from('one ');
      yield Buffer.from('two');
    };
    const call = {
      method: 'PUT',
      service: 'image',
      path: '/images/i/file',
      content: { length: 7, open },
      signal: soon(),
    } as const;
    expect(await cloud.session.call(call)).toMatchObject({ body: { body: 'one two', length: '7' } });
    expect(opened).toBe(2);
  });

  test('waits as long as Retry-After says, for 429 and 503', async () => {
    let asked = 0;
    const cloud = await aSmallCloud((_path, _request, response) => {
      asked += 1;
      if (asked < 3) json(response, {}, asked === 1 ? 429 : 503, { 'retry-after': '0' });
      else json(response, {});
    });
    expect(await cloud.session.call(get('/networks'))).toMatchObject({ status: 200 });
    expect(asked).toBe(3);
  });

  test('repeats a GET whose connection was reset, and never a POST', async () => {
    let asked = 0;
    const cloud = await aSmallCloud((_path, request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else json(response, {});
    });
    await cloud.session.call(get('/networks'));
    expect(asked).toBe(2);
    asked = 0;
    const post = { method: 'POST', service: 'network', path: '/networks', body: {}, signal: soon() } as const;
    await expect(cloud.session.call(post)).rejects.toMatchObject({ code: 'E_CLOUD_UNREACHABLE', retry: 'later' });
    expect(asked).toBe(1);
  });

  test('tells apart what the cloud may refuse with', async () => {
    const cases: Record<string, [number, unknown, string]> = {
      '/forbidden': [403, { forbidden: { message: 'Policy does not allow it.', code: 403 } }, 'E_FORBIDDEN'],
      '/instances': [403, { forbidden: { message: 'Quota exceeded for instances: Requested 1', code: 403 } }, 'E_QUOTA'],
      '/over': [
        409,
        { NeutronError: { type: 'OverQuota', message: "Quota exceeded for resources: ['port'].", detail: '' } },
        'E_QUOTA',
      ],
      '/used': [409, { NeutronError: { type: 'IpAddressInUse', message: 'IP address in use.', detail: '' } }, 'E_CONFLICT'],
      '/large': [413, { message: 'too large' }, 'E_QUOTA'],
      '/wrong': [400, { badRequest: { message: 'Invalid input.', code: 400 } }, 'E_CLOUD_REFUSED'],
      '/broken': [500, { computeFault: { message: 'Unexpected API Error.', code: 500 } }, 'E_CLOUD'],
    };
    const cloud = await aSmallCloud((path, _request, response) => {
      const [status, body] = cases[path.replace('/network/v2.0', '')] ?? [404, {}];
      json(response, body, status, { 'x-openstack-request-id': 'req-1234' });
    });
    for (const [path, [, body, code]] of Object.entries(cases)) {
      const message = /"message":"([^"]+?)\.?"/.exec(JSON.stringify(body))?.[1] ?? '';
      const problem = await cloud.session.call(get(path)).catch((error: Error) => error);
      expect(problem, path).toMatchObject({ code });
      expect((problem as Error).message).toContain(message);
      expect((problem as Error).message).toContain(`(GET /network/v2.0${path}, req-1234)`);
    }
  });

  test('reads the sentence out of Glance’s HTML', async () => {
    const html =
      '<html>\n<head><title>403 Forbidden</title></head>\n<body><h1>403 Forbidden</h1>\nYou are not authorized.<br /><br />\n</body></html>';
    const cloud = await aSmallCloud((_path, _request, response) => {
      response.writeHead(403, { 'content-type': 'text/html' }).end(html);
    });
    await expect(cloud.session.call(get('/x'))).rejects.toThrow('403: 403 Forbidden You are not authorized (GET');
  });

  test('prints neither password nor token, even where the cloud repeats them', async () => {
    const cloud = await aSmallCloud((_path, request, response) =>
      json(response, { error: { message: `bad token ${String(request.headers['x-auth-token'])}, password ${canary}` } }, 400),
    );
    const problem = await cloud.session.call(get('/x')).catch((error: unknown) => error);
    const said = [
      inspect(problem, { depth: 9 }),
      JSON.stringify(problem),
      inspect(cloud.access, { depth: 9 }),
      JSON.stringify(cloud.access),
    ];
    expect(said.join()).not.toContain(canary);
    expect(said.join()).toContain('********');
  });

  test('gives up on headers that do not come, and on a body that stops', async () => {
    const cloud = await aSmallCloud(
      (path, _request, response) => {
        if (path.endsWith('/silent')) return;
        response.writeHead(200, { 'content-type': 'application/json' }).write('{');
      },
      { access: { timeouts: { connectMs: 500, headersMs: 300, bodyIdleMs: 300 } } },
    );
    const post = (path: string) => ({ ...get(path), method: 'POST' }) as const;
    await expect(cloud.session.call(post('/silent'))).rejects.toMatchObject({ code: 'E_CLOUD_TIMEOUT' });
    await expect(cloud.session.call(post('/stuck'))).rejects.toMatchObject({ code: 'E_CLOUD_TIMEOUT' });
  });

  test('ends at once when it is told to', async () => {
    const cloud = await aSmallCloud(() => undefined);
    const stop = new AbortController();
    const call = cloud.session.call(get('/silent', { signal: stop.signal }));
    setTimeout(() => stop.abort(), 50);
    await expect(call).rejects.toMatchObject({ code: 'E_CANCELLED' });
  });

  test('names the endpoint that is missing, and what there is', async () => {
    const cloud = await aSmallCloud(() => undefined);
    const elsewhere = new CloudSession({ ...cloud.access, region: 'elsewhere' });
    await expect(elsewhere.call(get('/x'))).rejects.toMatchObject({
      code: 'E_ENDPOINT_MISSING',
      message: 'The catalogue has no public endpoint of the network service in region elsewhere; it has public in here.',
    });
    await elsewhere.close();
  });

  test('says at which address nobody listens', async () => {
    const cloud = await aSmallCloud(() => undefined);
    const nobody = new CloudSession({ ...cloud.access, authUrl: 'http://127.0.0.1:1/v3' });
    const call = nobody.call(get('/x', { signal: AbortSignal.timeout(60_000) }));
    await expect(call).rejects.toMatchObject({ code: 'E_CLOUD_UNREACHABLE', about: 'http://127.0.0.1:1' });
    await nobody.close();
  }, 30_000);

  test('asks for the newest microversion that both sides know', async () => {
    const cloud = await aSmallCloud((_path, request, response) =>
      json(response, { v: request.headers['openstack-api-version'] }),
    );
    const call = { method: 'GET', service: 'compute', path: '/servers', signal: soon() } as const;
    expect(await cloud.session.call(call)).toMatchObject({ body: { v: 'compute 2.93' } });
    expect(await cloud.session.knows('2.90', soon())).toBe(true);
    expect(await cloud.session.knows('2.94', soon())).toBe(false);
  });
});

describe('a cloud with a certificate of its own', () => {
  test('is trusted when its authority is given, and named when it is not', async () => {
    const { tls, ca } = aCertificate();
    const stateDir = await mkdtemp(join(tmpdir(), 'tls-'));
    const twin = await startTwin({ stateDir, tls, host: 'localhost' });
    onTestFinished(async () => {
      await twin.stop();
      await rm(stateDir, { recursive: true, force: true });
    });
    const auth = { auth_url: twin.authUrl, username: 'demo', password: 'twin', project_name: 'demo' };
    const access = await resolveAccess(OpenStackSettings.parse({ auth }), {});
    const strangers = new CloudSession(access);
    const origin = new URL(twin.authUrl).origin;
    await expect(strangers.token(soon())).rejects.toMatchObject({ code: 'E_CLOUD_TLS', about: origin });
    await strangers.close();
    const friends = new CloudSession({ ...access, ca });
    expect((await friends.token(soon())).projectName).toBe('demo');
    expect(await friends.call(get('/networks'))).toMatchObject({ status: 200 });
    await friends.close();
  });
});

describe('a list', () => {
  test('follows the pages of Nova and Neutron, of Glance and of Keystone to their end', async () => {
    const cloud = await aSmallCloud((path, _request, response) => {
      const marker = new URL(path, 'http://x').searchParams.get('marker');
      if (path.includes('/networks')) {
        const more =
          marker === null
            ? { networks_links: [{ rel: 'next', href: 'https://wrong.example/v2.0/networks?limit=1&marker=a' }] }
            : {};
        json(response, { networks: [{ id: marker ?? 'first' }], ...more });
      } else {
        json(response, { images: [{ id: marker ?? 'first' }], ...(marker === null ? { next: '/v2/images?marker=b' } : {}) });
      }
    });
    const networks = await listAll(
      cloud.session,
      { service: 'network', path: '/networks', key: 'networks', query: { project_id: 'p' } },
      soon(),
    );
    expect(networks).toEqual([{ id: 'first' }, { id: 'a' }]);
    expect(cloud.requests.every((request) => request.includes('project_id=p'))).toBe(true);
    expect(await listAll(cloud.session, { service: 'image', path: '/images', key: 'images' }, soon())).toEqual([
      { id: 'first' },
      { id: 'b' },
    ]);
  });

  test('does not follow a link that leads in a circle', async () => {
    const cloud = await aSmallCloud((_path, _request, response) =>
      json(response, { networks: [], networks_links: [{ rel: 'next', href: '/v2.0/networks?marker=a' }] }),
    );
    const listed = listAll(cloud.session, { service: 'network', path: '/networks', key: 'networks' }, soon());
    await expect(listed).rejects.toThrow('links the same page again and again');
  });

  test('fails on a page that was cut off', async () => {
    const cloud = await aSmallCloud((_path, _request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"networks": [{"id"');
    });
    await expect(
      listAll(cloud.session, { service: 'network', path: '/networks', key: 'networks' }, soon()),
    ).rejects.toMatchObject({
      code: 'E_CLOUD',
    });
  });
});
