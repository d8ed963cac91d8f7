import type { ServiceName } from './route.ts';

/** A request that the twin answers with an error: the status and sentence that the real service would use. */
export class Refusal extends Error {
  readonly status: number;
  /** Neutron's exception class name, which its error body carries as `type`. */
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, type = '', headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.type = type;
    this.headers = headers;
  }
}

/** Builds a 400. */
export const badRequest = (message: string, type = 'BadRequest'): Refusal => new Refusal(400, message, type);
/** Builds a 403. */
export const forbidden = (message: string, type = 'PolicyNotAuthorized'): Refusal => new Refusal(403, message, type);
/** Builds a 404. */
export const notFound = (message: string, type = 'HTTPNotFound'): Refusal => new Refusal(404, message, type);
/** Builds a 409. */
export const conflict = (message: string, type = 'Conflict'): Refusal => new Refusal(409, message, type);

const titles: Readonly<Record<number, string>> = {
  300: 'Multiple Choices',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  416: 'Requested Range Not Satisfiable',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/** Nova's word for a status: the single key of its error body (nova/api/openstack/wsgi.py, Fault). */
const computeFaults: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

/** An error body ready to be sent. */
export interface ErrorBody {
  readonly contentType: string;
  readonly text: string;
}

const json = (value: unknown): ErrorBody => ({ contentType: 'application/json', text: JSON.stringify(value) });

/** Shapes a refusal as the named service does; every OpenStack service has a shape of its own. */
export function errorBody(service: ServiceName, refusal: Refusal, accept: string): ErrorBody {
  const { status, message } = refusal;
  const title = titles[status] ?? 'Error';
  // Every service stands behind keystonemiddleware, which words the 401 itself and in its own shape.
  if (status === 401 || service === 'identity') return json({ error: { code: status, message, title } });
  if (service === 'network') return json({ NeutronError: { type: refusal.type, message, detail: '' } });
  if (service === 'image') return imageError(status, title, message, accept);
  return json({ [computeFaults[status] ?? 'computeFault']: { code: status, message } });
}

/** Glance leaves its errors to webob, which speaks HTML unless the client accepts only JSON. */
function imageError(status: number, title: string, message: string, accept: string): ErrorBody {
  const wantsJson = accept.includes('application/json') && !accept.includes('*/*') && !accept.includes('html');
  if (wantsJson) return json({ message: `${message}<br /><br />\n\n\n`, code: `${status} ${title}`, title });
  const heading = `${status} ${title}`;
  const text = `<html>\n <head>\n  <title>${heading}</title>\n </head>\n <body>\n  <h1>${heading}</h1>\n  ${message}<br /><br />\n\n\n </body>\n</html>`;
  return { contentType: 'text/html; charset=UTF-8', text };
}
