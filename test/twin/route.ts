import type { IncomingHttpHeaders } from 'node:http';
import type { Cloud } from './cloud.ts';
import type { Caller } from './policy.ts';
import type { ServiceName } from './service.ts';

/** One request, as a handler sees it. */
export interface Call {
  readonly cloud: Cloud;
  readonly method: string;
  /** Path without the service prefix and without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Who asks. On an open route without a token this is nobody. */
  readonly caller: Caller;
  /** The parsed JSON body; undefined if there was none or if the route streams. */
  readonly body: unknown;
  /** The raw body, for routes that stream. */
  readonly stream: AsyncIterable<Buffer>;
  /** The minor number of the negotiated microversion of Nova or Cinder: 90 for 2.90. */
  readonly minor: number;
  readonly requestId: string;
  /** A path parameter by the name it has in the route. */
  param(name: string): string;
}

/** Part of a file that is sent as the body. */
export interface FileBody {
  readonly path: string;
  readonly start: number;
  readonly length: number;
}

/** What a handler answers. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly file?: FileBody;
}

/** Answers one call, or throws a Refusal. */
export type Handler = (call: Call) => Answer | Promise<Answer>;

/** One line of the routing table. */
export interface Route {
  readonly service: ServiceName;
  readonly method: string;
  readonly segments: readonly string[];
  readonly handler: Handler;
  /** Served without a token. */
  readonly open: boolean;
  /** The body is left to the handler as a stream. */
  readonly streams: boolean;
}

/** How a route differs from the ordinary. */
export interface RouteTraits {
  readonly open?: boolean;
  readonly streams?: boolean;
}

/** Makes one route; `:name` segments are parameters. */
export function route(service: ServiceName, method: string, path: string, handler: Handler, traits: RouteTraits = {}): Route {
  const segments = path.split('/').filter((part) => part !== '');
  return { service, method, segments, handler, open: traits.open ?? false, streams: traits.streams ?? false };
}

/** The outcome of looking a request up in the table. */
export type Match = { readonly route: Route; readonly params: ReadonlyMap<string, string> };

/**
 * Finds the route for a method and the decoded segments of a path; literal segments win over
 * parameters.
 */
export function findRoute(
  routes: readonly Route[],
  service: ServiceName,
  method: string,
  segments: readonly string[],
): Match | undefined {
  let best: Match | undefined;
  for (const candidate of routes) {
    if (candidate.service !== service || candidate.method !== method) continue;
    const params = matchSegments(candidate.segments, segments);
    if (params !== undefined && (best === undefined || params.size < best.params.size)) best = { route: candidate, params };
  }
  return best;
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Map<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params = new Map<string, string>();
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) params.set(part.slice(1), segment);
    else if (part !== segment) return undefined;
  }
  return params;
}
