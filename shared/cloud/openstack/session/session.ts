import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../../problem.ts';
import { redact, Secret } from '../../../secret.ts';
import type { Access } from './access.ts';
import { type ApiService, endpointOf } from './catalogue.ts';
import { maximumOf, negotiate } from './microversion.ts';
import { type CloudSide, problemOf } from './refusal.ts';
import { patienceFor } from './retry.ts';
import { issueToken, type Token } from './token.ts';
import { cancelled, discard, failureOf, type Incoming, Transport } from './transport.ts';

/** A streamed body that can be opened again, because a request may be sent again. */
interface Content {
  /** Bytes. */
  readonly length: number;
  open(): AsyncIterable<Uint8Array>;
}

type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One call of a service's API. */
export interface ApiCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly service: ApiService;
  /** Below the endpoint, with its version: `/servers/detail`. */
  readonly path: string;
  readonly query?: Query | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly content?: Content | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Error statuses that are a valid answer to this call: `[404]`. */
  readonly tolerate?: readonly number[] | undefined;
  readonly headersTimeoutMs?: number | undefined;
  readonly signal: AbortSignal;
}

/** An answer; `body` is parsed JSON, text, or null where there is none. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Decides whether a call may be made at all; throws where it may not. */
export type CallGuard = (call: Pick<ApiCall, 'method' | 'service' | 'path' | 'body'>) => void;

/**
 * Largest answer that is read into memory: bytes. A page holds some hundred records of a few
 * kilobytes.
 */
const longestAnswer = 64 * 1024 * 1024;
const userAgent = 'godwit';

/**
 * One user's session with one cloud: token, catalogue, microversion, retries, errors as problems.
 * Renews a token before it expires and when it is refused. An error text MUST NOT contain a token.
 */
export class CloudSession {
  readonly access: Access;
  readonly #transport: Transport;
  readonly #guard: CallGuard;
  readonly #side: CloudSide;
  readonly #secrets = new Set<Secret>();
  #token: Token | null = null;
  #renewal: Promise<Token> | null = null;
  #microversion: Promise<string> | null = null;

  constructor(access: Access, guard: CallGuard = () => undefined, side: CloudSide = 'destination') {
    this.access = access;
    this.#transport = new Transport(access);
    this.#guard = guard;
    this.#side = side;
    for (const value of Object.values(access.identity)) if (value instanceof Secret) this.#secrets.add(value);
  }

  /**
   * Makes one call and reads its answer. Throws E_AUTH, E_FORBIDDEN, E_QUOTA, E_CONFLICT, E_CLOUD,
   * and the transport's errors.
   */
  async call(call: ApiCall): Promise<ApiAnswer> {
    const incoming = await this.#send(call);
    const text = await this.#read(incoming, call);
    return { status: incoming.status, headers: incoming.headers, body: parsed(text, incoming.headers['content-type'] ?? '') };
  }

  /** GETs a body as a stream, for what is too large to hold; the caller consumes or discards it. */
  async stream(call: ApiCall): Promise<Incoming> {
    return this.#send(call);
  }

  /** The problem for a broken stream. */
  failure(error: unknown, call: ApiCall): Problem {
    return failureOf(error, { method: call.method, url: `${this.access.authUrl}${call.path}`, signal: call.signal }, this.access);
  }

  /** The current token, with user, project and roles. */
  async token(signal: AbortSignal): Promise<Token> {
    if (this.#token !== null && Date.now() < this.#token.renewAtMs) return this.#token;
    this.#renewal ??= this.#renew(signal).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  /**
   * The compute microversion that both sides know, such as `2.90`. Throws E_MICROVERSION if the
   * cloud is too old.
   */
  async microversion(signal: AbortSignal): Promise<string> {
    this.#microversion ??= this.#negotiate(signal).catch((error: unknown) => {
      this.#microversion = null;
      throw error;
    });
    return this.#microversion;
  }

  /** Whether the compute service knows a microversion. */
  async knows(minimum: string, signal: AbortSignal): Promise<boolean> {
    const settled = await this.microversion(signal);
    return maximumOf([minimum, settled]) === settled;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #renew(signal: AbortSignal): Promise<Token> {
    const token = await issueToken(this.access, this.#transport, signal, (text) => redact(text, this.#secrets));
    this.#secrets.add(token.secret);
    this.#token = token;
    return token;
  }

  async #negotiate(signal: AbortSignal): Promise<string> {
    const url = endpointOf(this.access, await this.token(signal), 'compute');
    const root = /^.*\/v\d+(\.\d+)?(?=\/|$)/.exec(url)?.[0] ?? url;
    const { body } = await this.call({ method: 'GET', service: 'compute', path: root, signal });
    return negotiate(body);
  }

  /** Sends a call until it is answered or its patience ends. Throws problems only. */
  async #send(call: ApiCall): Promise<Incoming> {
    this.#guard(call);
    const patience = patienceFor(call);
    let renewed = false;
    for (;;) {
      const token = await this.token(call.signal);
      const outcome = await this.#once(call, token);
      if (!(outcome instanceof Problem) && (outcome.status < 400 || call.tolerate?.includes(outcome.status))) return outcome;
      if (!(outcome instanceof Problem) && outcome.status === 401 && !renewed) {
        // Revoked or expired in the meantime; the body, if any, is opened again.
        renewed = true;
        discard(outcome);
        if (this.#token === token) this.#token = null;
        continue;
      }
      const delayMs = patience.next(outcome);
      if (delayMs === null) throw outcome instanceof Problem ? outcome : await this.#refusal(outcome, call, token);
      if (!(outcome instanceof Problem)) discard(outcome);
      await sleep(delayMs, undefined, { signal: call.signal }).catch(() => {
        throw cancelled(call.signal);
      });
    }
  }

  async #once(call: ApiCall, token: Token): Promise<Incoming | Problem> {
    const isCompute = call.service === 'compute' && !call.path.startsWith('http');
    const headers: Record<string, string> = {
      'user-agent': userAgent,
      accept: 'application/json',
      'x-auth-token': token.secret.reveal(),
      ...(isCompute ? { 'openstack-api-version': `compute ${await this.microversion(call.signal)}` } : {}),
      ...(call.content === undefined
        ? {}
        : { 'content-type': 'application/octet-stream', 'content-length': `${call.content.length}` }),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    };
    const body = call.content === undefined ? (call.body === undefined ? null : JSON.stringify(call.body)) : call.content.open();
    const { method, signal, headersTimeoutMs } = call;
    const url = this.#url(call, token);
    return this.#transport.send({ method, url, headers, body, signal, headersTimeoutMs }).catch((error: unknown) => {
      const problem = failureOf(error, { method, url, signal }, this.access);
      if (problem.code === 'E_CANCELLED' || problem.code === 'E_CLOUD_TLS' || error !== problem) throw problem;
      return problem;
    });
  }

  #url(call: ApiCall, token: Token): string {
    const url = new URL(call.path.startsWith('http') ? call.path : `${endpointOf(this.access, token, call.service)}${call.path}`);
    for (const [key, value] of Object.entries(call.query ?? {})) {
      for (const one of [value].flat()) if (one !== undefined) url.searchParams.append(key, String(one));
    }
    return url.href;
  }

  async #refusal(incoming: Incoming, call: ApiCall, token: Token): Promise<Problem> {
    const { method, service } = call;
    const text = await this.#read(incoming, call).catch(() => '');
    const refused = { method, service, url: this.#url(call, token), status: incoming.status, headers: incoming.headers, text };
    return problemOf(refused, this.#side, (sentence) => redact(sentence, this.#secrets));
  }

  async #read(incoming: Incoming, call: ApiCall): Promise<string> {
    const pieces: Buffer[] = [];
    let length = 0;
    try {
      for await (const piece of incoming.body) {
        length += (piece as Buffer).length;
        if (length > longestAnswer)
          throw new Problem('E_CLOUD', `${call.method} ${call.path}: the answer exceeds ${longestAnswer} bytes.`);
        pieces.push(piece as Buffer);
      }
    } catch (error) {
      throw this.failure(error, call);
    }
    return Buffer.concat(pieces).toString('utf8');
  }
}

function parsed(text: string, type: string): unknown {
  if (text === '') return null;
  if (!/json/.test(type)) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('E_CLOUD', `The cloud's answer is cut off or not JSON: ${text.slice(0, 60)}`);
  }
}
