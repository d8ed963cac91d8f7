import { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import { Problem } from '../../../problem.ts';
import type { Access } from './access.ts';

/** One HTTP exchange as it goes out. */
export interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<Uint8Array> | null;
  readonly signal: AbortSignal;
  /** Limit until the answer's headers, if the default is too short. */
  readonly headersTimeoutMs?: number | undefined;
}

/** One HTTP answer as it comes in; the body MUST be consumed or discarded. */
export interface Incoming {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/**
 * Gives up a body that nobody wants to read; destroying a body that nobody listens to would end the
 * process with its error.
 */
export function discard({ body }: Pick<Incoming, 'body'>): void {
  body.on('error', () => undefined);
  body.destroy();
}

/** HTTP with the cloud's certificates and a limit on every phase, independent of OpenStack. */
export class Transport {
  readonly #access: Access;
  readonly #agent: Agent;

  constructor(access: Access) {
    this.#access = access;
    const { timeouts, ca, verify, clientCertificate: client } = access;
    this.#agent = new Agent({
      connect: {
        timeout: timeouts.connectMs,
        rejectUnauthorized: verify,
        ...(ca === null ? {} : { ca }),
        ...(client === null ? {} : { cert: client.cert, key: client.key.reveal() }),
      },
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.bodyIdleMs,
    });
  }

  /** Sends one request. Throws E_CLOUD_UNREACHABLE, E_CLOUD_TLS, E_CLOUD_TIMEOUT, E_CANCELLED. */
  async send(outgoing: Outgoing): Promise<Incoming> {
    const { method, url, headers, body, signal, headersTimeoutMs } = outgoing;
    try {
      const answer = await request(url, {
        method: method as Dispatcher.HttpMethod,
        headers,
        body: body === null || typeof body === 'string' ? body : streamOf(body),
        signal,
        dispatcher: this.#agent,
        ...(headersTimeoutMs === undefined ? {} : { headersTimeout: headersTimeoutMs }),
      });
      return { status: answer.statusCode, headers: flat(answer.headers), body: answer.body };
    } catch (error) {
      throw failureOf(error, outgoing, this.#access);
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/**
 * undici hears a failing body and fails the request; the listener is for one that fails after the
 * request has.
 */
function streamOf(body: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(body, { objectMode: false }).on('error', () => undefined);
}

/**
 * Errors of OpenSSL and of Node's own certificate check; see Node's documentation, "X509
 * certificate error codes".
 */
const tlsErrors =
  /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|CRL_)|EPROTO/;
const timeoutErrors = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);

/**
 * Turns what undici throws into a problem; a Problem, thrown by the body that was being sent,
 * passes.
 */
export function failureOf(error: unknown, outgoing: Pick<Outgoing, 'method' | 'url' | 'signal'>, access: Access): Problem {
  if (error instanceof Problem) return error;
  if (outgoing.signal.aborted) return cancelled(outgoing.signal);
  const { code = '', message } = root(error);
  const where = `${outgoing.method} ${outgoing.url.replace(/\?.*$/, '')}`;
  const about = new URL(outgoing.url).origin;
  if (tlsErrors.test(code)) {
    const says = `The certificate of ${about} is not trusted (${code}: ${message}).`;
    return new Problem('E_CLOUD_TLS', says, { about, cause: error });
  }
  if (timeoutErrors.has(code)) {
    const limit = code === 'UND_ERR_BODY_TIMEOUT' ? access.timeouts.bodyIdleMs : access.timeouts.headersMs;
    return new Problem('E_CLOUD_TIMEOUT', `${where}: no answer within ${limit / 1000} s.`, { about, cause: error });
  }
  const says = `${where}: ${message || code || 'the connection failed'}.`;
  return new Problem('E_CLOUD_UNREACHABLE', says, { about, cause: error, hint: aboutProxies(process.env) });
}

/** Other clients of OpenStack reach the cloud where we do not, if the environment names a proxy. */
export function aboutProxies(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];
  const found = named.find((name) => (environment[name] ?? '') !== '');
  if (found === undefined) return undefined;
  return `Check that the named endpoint answers from this machine without a proxy: ${found} is set, and Godwit uses none.`;
}

/**
 * Whether a failed request certainly did not reach the cloud, so that even a POST may be sent
 * again.
 */
export function neverSent(problem: Problem): boolean {
  const code = problem.cause === undefined ? '' : (root(problem.cause).code ?? '');
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(code);
}

/** The problem of a wait whose signal aborts. */
export function cancelled(signal: AbortSignal): Problem {
  return signal.reason instanceof Problem ? signal.reason : new Problem('E_CANCELLED', 'The work was cancelled.');
}

/** Happy-eyeballs connects fail with an AggregateError whose parts say why. */
function root(error: unknown): NodeJS.ErrnoException {
  if (error instanceof AggregateError && error.errors.length > 0) return root(error.errors[0]);
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error && (error as NodeJS.ErrnoException).code === undefined ? root(cause) : (error as Error);
}

function flat(headers: Record<string, string | string[] | undefined>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat().join(', ')]));
}
