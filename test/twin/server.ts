import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson, readText, refuseWideCharacters } from './body.ts';
import type { Cloud } from './cloud.ts';
import type { RequestFault } from './faults.ts';
import { newUuid } from './identifier.ts';
import { authenticate, mustBeNamed } from './keystone/authenticate.ts';
import { microversionHeaders, negotiate } from './nova/microversion.ts';
import { nobody } from './policy.ts';
import { errorBody, Refusal, unrouted } from './refusal.ts';
import { type Answer, type Call, findRoute, type Route } from './route.ts';
import { send } from './send.ts';
import { type ServiceName, serviceNames } from './service.ts';

/** One line of the request log. */
export interface LoggedRequest {
  readonly method: string;
  /** Path with the service's prefix and the query. */
  readonly path: string;
  /** 0 while the answer is not known or when the line was cut. */
  status: number;
}

/** What the server needs of the twin. */
export interface Served {
  readonly cloud: Cloud;
  readonly routes: readonly Route[];
  /** Makes every change durable; called before any answer leaves. */
  flush(): void;
  log(request: LoggedRequest): void;
}

/** A request taken apart. */
interface Incoming {
  readonly service: ServiceName;
  readonly method: string;
  readonly url: URL;
  readonly path: string;
  readonly requestId: string;
}

const bodyFaults: ReadonlySet<RequestFault['do']> = new Set(['drop-after', 'truncate', 'corrupt']);

/** Serves one request from its first byte to its last. Never throws. */
export async function serve(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const logged: LoggedRequest = { method: request.method ?? 'GET', path: request.url ?? '/', status: 0 };
  served.log(logged);
  const incoming = takeApart(request);
  // Node forgets the socket of a request that has ended.
  const { socket } = request;
  response.setHeader('x-openstack-request-id', incoming.requestId);
  let spoiler: RequestFault | undefined;
  let answer: Answer;
  try {
    const struck = await carryOut(served, request, incoming, response);
    if (struck === 'cut') return void socket.destroy();
    ({ answer, spoiler } = struck);
  } catch (error) {
    if (socket.destroyed) return void response.destroy();
    // What is left of an upload that was refused is not read.
    if (!request.complete) response.setHeader('connection', 'close');
    answer = refuse(incoming, error, String(request.headers.accept ?? ''));
  }
  served.flush();
  logged.status = answer.status;
  await send(response, incoming.method, answer, spoiler);
}

function takeApart(request: IncomingMessage): Incoming {
  const url = new URL(request.url ?? '/', 'http://twin');
  const [, prefix = '', ...rest] = url.pathname.split('/');
  const service = serviceNames.find((name) => name === prefix);
  const path = service === undefined ? url.pathname : `/${rest.join('/')}`;
  return { service: service ?? 'identity', method: request.method ?? 'GET', url, path, requestId: `req-${newUuid()}` };
}

type Outcome = 'cut' | { readonly answer: Answer; readonly spoiler: RequestFault | undefined };

async function carryOut(
  served: Served,
  request: IncomingMessage,
  incoming: Incoming,
  response: ServerResponse,
): Promise<Outcome> {
  const { cloud } = served;
  const { service, method, path, url } = incoming;
  const segments = decodePath(path);
  const wanted = method === 'HEAD' ? 'GET' : method;
  const match = findRoute(served.routes, service, wanted, segments);
  const streams = match?.route.streams === true;
  const text = streams ? '' : await readText(request, cloud.settings.maxRequestBytes);
  cloud.faults.refresh();
  const faults = cloud.faults.strike({ service, method, path: path + url.search, body: text });
  for (const fault of faults)
    if (fault.do === 'delay') await sleep(fault.ms ?? 0, undefined, { signal: cloud.background.signal });
  const fault = faults.find((each) => each.do !== 'delay');
  if (fault?.do === 'drop') return 'cut';
  if (fault?.do === 'status')
    return { answer: faultAnswer(service, fault, String(request.headers.accept ?? '')), spoiler: undefined };
  const uploadCut = fault?.do === 'drop-after' && streams && method === 'PUT';

  if (service === 'identity') response.setHeader('Vary', 'X-Auth-Token');
  if (service === 'compute') for (const [name, value] of microversionHeaders(request.headers)) response.setHeader(name, value);
  if (match === undefined) {
    // keystonemiddleware stands before the router: without a token nobody learns which paths exist.
    if (service !== 'identity') authenticate(cloud, request.headers);
    throw new Refusal(404, 'The resource could not be found.', service === 'compute' ? unrouted : 'HTTPNotFound');
  }
  const { route, params } = match;
  const caller = route.open ? nobody : authenticate(cloud, request.headers);
  if (service !== 'identity') mustBeNamed(cloud, caller, service, method, path);
  const body = parseJson(text, service);
  if (cloud.settings.strictUtf8) refuseWideCharacters(service, segments.join('/'), text, body);
  const call: Call = {
    cloud,
    method,
    path,
    query: url.searchParams,
    headers: request.headers,
    caller,
    body,
    stream: uploadCut ? cutAfter(request, fault.bytes ?? 0) : request.iterator({ destroyOnReturn: false }),
    minor: (service === 'compute' || service === 'volume') && !route.open ? negotiate(request.headers, service) : 1,
    requestId: incoming.requestId,
    param: (name) => params.get(name) ?? '',
  };
  if (fault?.do === 'late') {
    cloud.background.run(async () => {
      await sleep(fault.ms ?? 0, undefined, { signal: cloud.background.signal });
      await route.handler(call);
      served.flush();
    });
    return {
      answer: faultAnswer(service, { status: 504, ...fault }, String(request.headers.accept ?? '')),
      spoiler: undefined,
    };
  }
  const answer = await route.handler(call);
  served.flush();
  if (fault?.do === 'lost-answer') return 'cut';
  if (fault?.do === 'alter') return { answer: altered(answer, fault), spoiler: undefined };
  if (fault?.do === 'stale') await sleep(fault.ms ?? 0, undefined, { signal: cloud.background.signal });
  return { answer, spoiler: fault !== undefined && bodyFaults.has(fault.do) ? fault : undefined };
}

/** An answer in which one attribute of every thing that has it, or should, is another one. */
function altered(answer: Answer, { attribute = '', beside = '', value }: RequestFault): Answer {
  const change = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(change);
    if (typeof one !== 'object' || one === null) return one;
    const entries = Object.entries(one).map(([name, inner]) => [name, name === attribute ? value : change(inner)]);
    return Object.fromEntries(Object.hasOwn(one, beside) ? [...entries, [attribute, value]] : entries);
  };
  return { ...answer, body: change(answer.body) };
}

/**
 * Splits a path into decoded segments; a slash inside a segment must come as %2F. A trailing slash
 * or `.json` does not count.
 */
function decodePath(path: string): string[] {
  try {
    return path
      .replace(/\.json$/, '')
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    throw new Refusal(400, 'The path is not properly encoded.');
  }
}

/** The body until so many bytes have come; then the line is cut. */
async function* cutAfter(request: IncomingMessage, bytes: number): AsyncGenerator<Buffer> {
  const { socket } = request;
  let left = bytes;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (chunk.length >= left) {
      yield chunk.subarray(0, left);
      socket.destroy();
      throw new Error('the line is cut');
    }
    yield chunk;
    left -= chunk.length;
  }
}

function faultAnswer(service: ServiceName, fault: RequestFault, accept: string): Answer {
  const status = fault.status ?? 503;
  const headers = fault.headers ?? {};
  if (fault.body !== undefined) return { status, headers, body: fault.body };
  const { contentType, text } = errorBody(service, new Refusal(status, 'The twin was told to fail here.', 'TwinFault'), accept);
  return { status, headers: { 'content-type': contentType, ...headers }, body: text };
}

function refuse(incoming: Incoming, error: unknown, accept: string): Answer {
  const refusal = error instanceof Refusal ? error : unexpected(incoming, error);
  const { contentType, text } = errorBody(incoming.service, refusal, accept);
  return { status: refusal.status, headers: { 'content-type': contentType, ...refusal.headers }, body: text };
}

/**
 * A defect of the twin itself, written to stderr because the 500 alone would be taken for a fault
 * of the cloud.
 */
function unexpected(incoming: Incoming, error: unknown): Refusal {
  process.stderr.write(
    `twin: ${incoming.method} ${incoming.path} failed: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return new Refusal(500, `Unexpected API Error. (${incoming.requestId})`, 'HTTPInternalServerError');
}
