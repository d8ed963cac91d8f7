import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Access } from '../../../../../shared/cloud/openstack/session/access.ts';
import { CloudSession } from '../../../../../shared/cloud/openstack/session/session.ts';
import { Secret } from '../../../../../shared/secret.ts';

/** Answers one request of a service; `path` begins with the service's name. */
export type Answer = (path: string, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Answers the nth request for a token itself, or leaves it to the small cloud. */
export type Keystone = (nth: number, response: ServerResponse) => 'answered' | undefined;

/**
 * A small real HTTP server with a Keystone that gives tokens, in front of what a test wants to
 * happen.
 */
export interface SmallCloud {
  readonly access: Access;
  readonly session: CloudSession;
  /** Tokens given so far, oldest first. */
  readonly tokens: readonly string[];
  /** Every request but those for tokens, as `METHOD /path`. */
  readonly requests: readonly string[];
}

/** The password of every small cloud: a text that must turn up nowhere. */
export const canary = 'canary-password-7421';

/** Sends JSON. */
export function json(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Starts a small cloud that ends with the test. */
export async function aSmallCloud(
  answer: Answer,
  options: {
    tokenLifeMs?: number;
    access?: Partial<Access>;
    keystone?: Keystone;
    discoveryMs?: number;
    roles?: readonly string[];
    services?: readonly string[];
  } = {},
): Promise<SmallCloud> {
  const tokens: string[] = [];
  const requests: string[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path === '/v3/auth/tokens') {
      asked += 1;
      if (options.keystone?.(asked, response) === 'answered') return;
      setTimeout(() => giveToken(response), options.discoveryMs ?? 0);
      return;
    }
    requests.push(`${request.method} ${path}`);
    if (path === '/compute/v2.1') return void response.writeHead(302, { location: '/compute/v2.1/' }).end();
    if (path === '/compute/v2.1/') {
      const version = { version: '2.93', min_version: '2.1' };
      setTimeout(() => json(response, { version }), options.discoveryMs ?? 0);
      return;
    }
    void Promise.resolve(answer(path, request, response)).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endpoint = (name: string) => ({ interface: 'public', region_id: 'here', url: `${base}/${name}` });
  const giveToken = (response: ServerResponse): void => {
    tokens.push(`token-${tokens.length}-${canary}`);
    const now = Date.now();
    const token = {
      issued_at: new Date(now).toISOString(),
      expires_at: new Date(now + (options.tokenLifeMs ?? 3_600_000)).toISOString(),
      user: { id: 'u1' },
      project: { id: 'p1', name: 'demo' },
      roles: (options.roles ?? ['member']).map((name) => ({ name })),
      catalog: ['network', 'image', 'compute', ...(options.services ?? [])].map((type) => ({
        type,
        endpoints: [endpoint(type === 'compute' ? 'compute/v2.1' : type)],
      })),
    };
    json(response, { token }, 201, { 'x-subject-token': tokens.at(-1) ?? '' });
  };
  const access: Access = {
    origin: 'a test',
    authUrl: `${base}/v3`,
    identity: { method: 'password', user: { id: 'u1' }, password: new Secret(canary) },
    project: { id: 'p1' },
    region: 'here',
    interface: 'public',
    ca: null,
    clientCertificate: null,
    verify: true,
    endpoints: {},
    timeouts: { connectMs: 2000, headersMs: 2000, bodyIdleMs: 500 },
    ...options.access,
  };
  const session = new CloudSession(access);
  onTestFinished(async () => {
    await session.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { access, session, tokens, requests };
}

/** A signal that ends a test which hangs. */
export const soon = (): AbortSignal => AbortSignal.timeout(15_000);
