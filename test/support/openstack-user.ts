import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { copyQcow2 } from '../twin/qcow2.ts';

/** The services a user works with, by their type in the catalogue. */
export type Service = 'identity' | 'compute' | 'network' | 'image' | 'volumev3';

/** Who signs in, and where. All names are in the domain Default. */
export interface Account {
  /** The Keystone endpoint, with its version. */
  readonly authUrl: string;
  readonly user: string;
  readonly password: string;
  readonly project: string;
}

/** The version each service's paths begin with, where the catalogue leaves it out. */
const versions: Readonly<Record<Service, string>> = {
  identity: '/v3',
  compute: '/v2.1',
  network: '/v2.0',
  image: '/v2',
  volumev3: '',
};

/**
 * Zed's newest compute microversion: servers embed their flavor and tell tags, lock and hostname.
 */
const microversion = '2.93';

interface Token {
  readonly catalog: readonly {
    readonly type: string;
    readonly endpoints: readonly { readonly interface: string; readonly url: string }[];
  }[];
  readonly project: { readonly id: string };
}

/**
 * Somebody who works with an OpenStack cloud over its plain APIs, as its users do.
 *
 * It shares no line with Godwit's provider, so that what it sees is evidence. Answers are not
 * validated.
 */
export class OpenStackUser {
  readonly projectId: string;
  readonly #token: string;
  readonly #endpoints: ReadonlyMap<string, string>;

  private constructor(token: string, { catalog, project }: Token) {
    this.#token = token;
    this.projectId = project.id;
    this.#endpoints = new Map(
      catalog.map(({ type, endpoints }) => [type, endpoints.find((each) => each.interface === 'public')?.url ?? '']),
    );
  }

  /** Signs in (Identity API v3, "Password authentication with scoped authorization"). */
  static async signIn({ authUrl, user, password, project }: Account): Promise<OpenStackUser> {
    const domain = { name: 'Default' };
    const identity = { methods: ['password'], password: { user: { name: user, password, domain } } };
    const response = await request(`${authUrl}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity, scope: { project: { name: project, domain } } } }),
    });
    if (response.statusCode !== 201) throw new Error(`${user} cannot sign in at ${authUrl}: ${await response.body.text()}`);
    const { token } = (await response.body.json()) as { token: Token };
    return new OpenStackUser(String(response.headers['x-subject-token']), token);
  }

  /** Reads one thing. */
  async get<T>(service: Service, path: string): Promise<T> {
    return this.send<T>('GET', service, path);
  }

  /** Reads a whole list, page by page. */
  async list<T>(service: Service, path: string, key: string): Promise<T[]> {
    const items: T[] = [];
    let next: string | undefined = this.#url(service, path);
    while (next !== undefined) {
      const page: Readonly<Record<string, unknown>> = await this.#ask('GET', next);
      items.push(...(page[key] as T[]));
      const links = page[`${key}_links`] as readonly { readonly rel: string; readonly href: string }[] | undefined;
      const href = links?.find(({ rel }) => rel === 'next')?.href ?? (page['next'] as string | undefined);
      next = href === undefined ? undefined : new URL(href, next).href;
    }
    return items;
  }

  /**
   * Sends a JSON body and returns the answer's, undefined where it has none; throws the cloud's
   * error.
   */
  async send<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', service: Service, path: string, body?: object): Promise<T> {
    return this.#ask<T>(method, this.#url(service, path), body);
  }

  /** Stores a file's bytes in an image that was created. */
  async upload(imageId: string, file: string): Promise<void> {
    const response = await request(this.#url('image', `/images/${imageId}/file`), {
      method: 'PUT',
      headers: {
        'x-auth-token': this.#token,
        'content-type': 'application/octet-stream',
        'content-length': String((await stat(file)).size),
      },
      body: createReadStream(file, { highWaterMark: 1024 * 1024 }),
      headersTimeout: 0,
    });
    const said = await response.body.text();
    if (response.statusCode !== 204) throw new Error(`The image ${imageId} was refused: ${response.statusCode} ${said}`);
  }

  /** Reads an image as a guest sees it: how many bytes, their SHA-256 in hex, and the last 4096. */
  async digest(imageId: string): Promise<{ readonly bytes: number; readonly sha256: string; readonly end: Buffer }> {
    const { disk_format: format } = await this.get<{ disk_format: string }>('image', `/images/${imageId}`);
    const url = this.#url('image', `/images/${imageId}/file`);
    const response = await request(url, { headers: { 'x-auth-token': this.#token } });
    if (response.statusCode !== 200) throw new Error(`The image ${imageId} cannot be read: ${response.statusCode}`);
    if (format !== 'qcow2') return digestOf(response.body);
    const folder = await mkdtemp(join(tmpdir(), 'image-'));
    try {
      const stored = join(folder, 'stored');
      const seen = join(folder, 'seen');
      await writeFile(stored, response.body);
      await copyQcow2(stored, seen, 0, AbortSignal.timeout(60_000));
      return await digestOf(createReadStream(seen, { highWaterMark: 1024 * 1024 }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Calls `look` every 100 ms until it returns something; fails after 60 s and names `what`. */
  async until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (let looks = 0; looks < 600; looks++) {
      const found = await look();
      if (found !== undefined) return found;
      await sleep(100);
    }
    throw new Error(`${what} took more than a minute.`);
  }

  #url(service: Service, path: string): string {
    const base = this.#endpoints.get(service)?.replace(/\/$/, '');
    if (base === undefined) throw new Error(`The catalogue has no ${service} service.`);
    const version = versions[service];
    return `${base.endsWith(version) ? base : `${base}${version}`}${path}`;
  }

  async #ask<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: object): Promise<T> {
    const response = await request(url, {
      method,
      headers: {
        'x-auth-token': this.#token,
        'openstack-api-version': `compute ${microversion}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const said = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`${method} ${new URL(url).pathname}: ${response.statusCode} ${said}`);
    return (said === '' ? undefined : JSON.parse(said)) as T;
  }
}

async function digestOf(stream: AsyncIterable<Buffer>): Promise<{ bytes: number; sha256: string; end: Buffer }> {
  const hash = createHash('sha256');
  let bytes = 0;
  let end: Buffer = Buffer.alloc(0);
  for await (const piece of stream) {
    hash.update(piece);
    bytes += piece.length;
    end = (piece.length < 4096 ? Buffer.concat([end, piece]) : piece).subarray(-4096);
  }
  return { bytes, sha256: hash.digest('hex'), end };
}
