import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../../problem.ts';
import { redact, Secret } from '../../../secret.ts';
import type { Access } from './access.ts';
import { type ApiAnswer, readJson, readText } from './answer.ts';
import { type ApiService, endpointOf, isOffered, mustBeOneRegion } from './catalogue.ts';
import { graced } from './graced.ts';
import { maximumOf, negotiate, type Versioned } from './microversion.ts';
import { type CloudSide, problemOf } from './refusal.ts';
import { patienceFor } from './retry.ts';
import { issueToken, type Token } from './token.ts';
import { cancelled, discard, failureOf, type Incoming, Transport } from './transport.ts';
import { joined } from './wait.ts';

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
  /** A 404 in the service's own words is an answer: what the path names is gone. */
  readonly mayBeGone?: boolean | undefined;
  readonly headersTimeoutMs?: number | undefined;
  /**
   * When the check began that this call relies on (`performance.now()`). It is then sent once, and
   * not long after the check, which the caller repeats with it. Throws E_CLOUD.
   */
  readonly checkedAt?: number | undefined;
  readonly signal: AbortSignal;
}

/** Decides whether a call may be made at all; throws where it may not. */
export type CallGuard = (call: Pick<ApiCall, 'method' | 'service' | 'path' | 'body'>) => void;

const userAgent = 'godwit';

/** How old a check may be when the call that relies on it is sent: milliseconds. */
const freshMs = 5_000;

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
  readonly #life = new AbortController();
  #token: Token | null = null;
  /** The project of the first token, in which all the work of the session is. */
  #project: string | null = null;
  #renewal: Promise<Token> | null = null;
  readonly #microversions = new Map<Versioned, Promise<string>>();

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
  call(call: ApiCall): Promise<ApiAnswer> {
    return this.#carryOut(call, (incoming) => readJson(incoming, call, (error) => this.failure(error, call)));
  }

  /** GETs a body as a stream, for what is too large to hold; the caller consumes or discards it. */
  stream(call: ApiCall): Promise<Incoming> {
    return this.#carryOut(call, (incoming) => Promise.resolve(incoming));
  }

  /** Aborts when the session is closed; work that several callers share runs under it. */
  get life(): AbortSignal {
    return this.#life.signal;
  }

  /** The problem for a broken stream. */
  failure(error: unknown, call: ApiCall): Problem {
    return failureOf(error, { method: call.method, url: `${this.access.authUrl}${call.path}`, signal: call.signal }, this.access);
  }

  /** The current token, with user, project and roles. */
  async token(signal: AbortSignal): Promise<Token> {
    if (this.#token !== null && performance.now() < this.#token.renewAtMs) return this.#token;
    // Others wait for the same token: a caller that gives up does not end its renewal.
    this.#renewal ??= this.#renew(this.life).finally(() => {
      this.#renewal = null;
    });
    // Whoever gave up waiting does not hear how it ends.
    this.#renewal.catch(() => undefined);
    return joined(this.#renewal, signal);
  }

  /**
   * The microversion of a service that both sides know, such as `2.90`. Throws E_MICROVERSION if
   * the cloud is too old.
   */
  async microversion(signal: AbortSignal, service: Versioned = 'compute'): Promise<string> {
    const known = this.#microversions.get(service);
    const negotiation =
      known ??
      this.#negotiate(service, this.life).catch((error: unknown) => {
        this.#microversions.delete(service);
        throw error;
      });
    this.#microversions.set(service, negotiation);
    negotiation.catch(() => undefined);
    return joined(negotiation, signal);
  }

  /** Whether a service knows a microversion. */
  async knows(minimum: string, signal: AbortSignal, service: Versioned = 'compute'): Promise<boolean> {
    const settled = await this.microversion(signal, service);
    return maximumOf([minimum, settled]) === settled;
  }

  /** Whether the cloud has a service. */
  async has(service: ApiService, signal: AbortSignal): Promise<boolean> {
    return isOffered(this.access, await this.token(signal), service);
  }

  close(): Promise<void> {
    this.#life.abort(new Problem('E_CANCELLED', 'The session with the cloud is closed.'));
    return this.#transport.close();
  }

  async #renew(signal: AbortSignal): Promise<Token> {
    const token = await issueToken(this.access, this.#transport, signal, (text) => redact(text, this.#secrets));
    this.#secrets.add(token.secret);
    mustBeOneRegion(this.access, token.catalogue);
    this.#mustBeSameProject(token);
    this.#token = token;
    return token;
  }

  /**
   * A project that is made anew under its name is another one: what was built would seem to be
   * gone, and be built there once more.
   */
  #mustBeSameProject({ projectId, projectName }: Token): void {
    this.#project ??= projectId;
    if (this.#project === projectId) return;
    const says = `The credentials from ${this.access.origin} lead to another project by now: ${projectName} (${projectId}), not ${this.#project}.`;
    throw new Problem('E_AUTH', says, {
      hint: 'Nothing is done in it. Give credentials of the project in which the work was begun.',
    });
  }

  async #negotiate(service: Versioned, signal: AbortSignal): Promise<string> {
    const url = endpointOf(this.access, await this.token(signal), service);
    const root = /^.*\/v\d+(\.\d+)?(?=\/|$)/.exec(url)?.[0] ?? url;
    // Without the slash Nova answers 302 (nova/api/openstack/compute/routes.py, ROUTE_LIST).
    const { body } = await this.call({ method: 'GET', service, path: `${root}/`, signal });
    return negotiate(body, service);
  }

  /**
   * Sends a call until an answer is taken or its patience ends. An answer that breaks off or cannot
   * be read is sent for again like one that never came. Throws problems only.
   */
  async #carryOut<T>(call: ApiCall, take: (incoming: Incoming) => Promise<T>): Promise<T> {
    this.#guard(call);
    const patience = patienceFor(call);
    let renewed = false;
    for (;;) {
      const token = await this.token(call.signal);
      let outcome = await this.#once(call, token);
      if (!(outcome instanceof Problem) && outcome.status === 401 && !renewed) {
        // Revoked or expired in the meantime; the body, if any, is opened again.
        renewed = true;
        discard(outcome);
        if (this.#token === token) this.#token = null;
        if (call.checkedAt !== undefined) throw unsent(call, 'the token was refused');
        continue;
      }
      if (isAnswer(outcome, call)) {
        const taken = await take(outcome).catch(problemIn);
        if (!(taken instanceof Problem)) return taken;
        outcome = taken;
      }
      const delayMs = call.checkedAt === undefined ? patience.next(outcome) : null;
      if (delayMs === null) throw outcome instanceof Problem ? outcome : await this.#refusal(outcome, call, token);
      if (!(outcome instanceof Problem)) discard(outcome);
      await sleep(delayMs, undefined, { signal: call.signal }).catch(() => {
        throw cancelled(call.signal);
      });
    }
  }

  async #once(call: ApiCall, token: Token): Promise<Incoming | Problem> {
    const { service } = call;
    const isVersioned = (service === 'compute' || service === 'volume') && !call.path.startsWith('http');
    const headers: Record<string, string> = {
      'user-agent': userAgent,
      accept: 'application/json',
      'x-auth-token': token.secret.reveal(),
      ...(isVersioned ? { 'openstack-api-version': `${service} ${await this.microversion(call.signal, service)}` } : {}),
      ...(call.content === undefined
        ? {}
        : { 'content-type': 'application/octet-stream', 'content-length': `${call.content.length}` }),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    };
    const body = call.content === undefined ? (call.body === undefined ? null : JSON.stringify(call.body)) : call.content.open();
    const { method, signal, headersTimeoutMs } = call;
    const url = this.#url(call, token);
    if (performance.now() - (call.checkedAt ?? Number.POSITIVE_INFINITY) > freshMs)
      throw unsent(call, `what it relies on was read more than ${freshMs / 1000} s ago`);
    // What was sent takes effect whether we wait for it or not; an upload that is cut does not.
    const mayBeCut = method === 'GET' || method === 'HEAD' || call.content !== undefined;
    const patient = mayBeCut ? { signal, release: () => undefined } : graced(signal);
    const sent = this.#transport.send({ method, url, headers, body, signal: patient.signal, headersTimeoutMs });
    return sent.finally(patient.release).catch((error: unknown) => {
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
    const text = await readText(incoming, `${method} ${call.path}`, (error) => this.failure(error, call)).catch(() => '');
    const refused = { method, service, url: this.#url(call, token), status: incoming.status, headers: incoming.headers, text };
    const problem = problemOf(refused, this.#side, (sentence) => redact(sentence, this.#secrets));
    if (problem.code !== 'E_AUTH' || !token.hasAccessRules) return problem;
    const hint = 'The application credential has access rules, and none of them names this call. Give one without access rules.';
    return new Problem(problem.code, problem.message, { about: problem.about, cause: problem.cause, hint });
  }
}

/** Whether a call was answered: a success, or an error status that the call takes for an answer. */
function isAnswer(outcome: Incoming | Problem, { tolerate, mayBeGone }: ApiCall): outcome is Incoming {
  if (outcome instanceof Problem) return false;
  const { status } = outcome;
  return status < 300 || tolerate?.includes(status) === true || (status === 404 && mayBeGone === true);
}

/** The problem of a call whose check MUST be repeated first. */
function unsent({ method, path }: ApiCall, why: string): Problem {
  return new Problem('E_CLOUD', `${method} ${path} was not carried out: ${why}.`);
}

/** A problem as an outcome; anything else is thrown on. */
function problemIn(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}
