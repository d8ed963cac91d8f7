import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Twin } from '../twin/twin.ts';

/**
 * What may happen to one call between a daemon and its cloud. `repeat`: it is delivered twice, and
 * the second answer counts. `504`: a proxy answers so, and the cloud does it a moment later; with
 * the other numbers it does nothing.
 */
export const ways = [
  'cut request',
  'lost answer',
  'half answer',
  'short answer',
  'delay',
  'repeat',
  429,
  502,
  503,
  504,
  'foreign 404',
  'page',
] as const;

/** One of them. */
export type Spoil = (typeof ways)[number];

/** How late is late: milliseconds. */
const lateMs = 400;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A proxy before one twin that spoils one of the calls; the catalogue leads through it. */
export class SpoilingProxy {
  /** Every call so far, as `METHOD /path`. */
  readonly calls: string[] = [];
  readonly #twin: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server: Server;
  readonly #spoil: { readonly at: number; readonly how: Spoil } | null;
  readonly #late: Promise<unknown>[] = [];

  private constructor(twin: Twin, spoil: { readonly at: number; readonly how: Spoil } | null) {
    this.#twin = new URL(twin.authUrl).origin;
    this.#spoil = spoil;
    this.#server = createServer({ requestTimeout: 0 }, (incoming, response) => {
      this.#serve(incoming, response).catch(() => response.destroy());
    });
  }

  /** Starts a proxy that spoils the call of a number, counted from 0, or none. */
  static async before(twin: Twin, spoil: { at: number; how: Spoil } | null): Promise<SpoilingProxy> {
    const proxy = new SpoilingProxy(twin, spoil);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get authUrl(): string {
    return `${this.#origin}/identity/v3`;
  }

  /** The call that was spoilt; null while it has not come. */
  get struck(): string | null {
    return this.#spoil === null ? null : (this.calls[this.#spoil.at] ?? null);
  }

  /** Ends it; what a cloud still does late is done first. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#late);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#agent.destroy();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const { method = 'GET', url = '/', headers } = incoming;
    const call = { method, path: url, headers, body: Buffer.concat(pieces) };
    const number = this.calls.push(`${method} ${url.replace(/\?.*/, '').replace(/[0-9a-f]{8}-?[0-9a-f-]{24,27}/g, '{id}')}`) - 1;
    if (this.#spoil?.at === number) await this.#spoilt(call, response, this.#spoil.how);
    else give(response, await this.#forward(call));
  }

  async #spoilt(call: Call, response: ServerResponse, how: Spoil): Promise<void> {
    if (how === 'cut request') return void response.destroy();
    if (how === 429 || how === 502 || how === 503) return void response.writeHead(how, { 'retry-after': '0' }).end('busy');
    if (how === 504) {
      this.#late.push(sleep(lateMs).then(() => this.#forward(call)));
      return void response.writeHead(504, { 'content-type': 'text/html' }).end('<h1>Gateway Timeout</h1>');
    }
    if (how === 'page') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
    if (how === 'foreign 404') return void response.writeHead(404).end('default backend - 404');
    if (how === 'repeat') await this.#forward(call);
    const reply = await this.#forward(call);
    if (how === 'delay') await sleep(lateMs);
    if (how === 'delay' || how === 'repeat') return give(response, reply);
    if (how === 'lost answer') return void response.destroy();
    const half = reply.body.subarray(0, Math.floor(reply.body.length / 2));
    if (how === 'short answer') return give(response, { ...reply, body: half });
    response.writeHead(reply.status, reply.headers);
    response.write(half.length === 0 ? ' ' : half, () => setTimeout(() => response.destroy(), 5));
  }

  #forward({ method, path, headers, body }: Call): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { agent, origin } = { agent: this.#agent, origin: this.#twin };
      const outgoing = request(`${origin}${path}`, { method, headers, agent }, (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => {
          const whole = Buffer.concat(pieces);
          const isToken = path.startsWith('/identity');
          const body = isToken ? Buffer.from(whole.toString().replaceAll(this.#twin, this.#origin)) : whole;
          resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

function give(response: ServerResponse, { status, headers, body }: Reply): void {
  const { 'content-length': _length, 'transfer-encoding': _encoding, connection: _connection, ...others } = headers;
  response.writeHead(status, status === 204 ? others : { ...others, 'content-length': body.length });
  response.end(body);
}
