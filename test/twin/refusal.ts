import type { ServiceName } from './service.ts';

/**
 * A request that the twin answers with an error: the status and sentence that the real service
 * would use.
 */
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

/**
 * The `type` of an image refusal whose sentence is webob's detail, behind webob's own explanation.
 */
export const asDetail = 'detail';

/** The `type` of the 404 for a path or method that no route knows. */
export const unrouted = 'unrouted';

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
  416: 'Request Range Not Satisfiable',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/**
 * Nova's word for a status: the single key of its error body (nova/api/openstack/wsgi.py, Fault).
 */
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
  if (service === 'image') return imageError(status, title, refusal, accept);
  // Every service stands behind keystonemiddleware, which words the 401 itself and in its own
  // shape; Glance alone words its own.
  if (status === 401 || service === 'identity') return json({ error: { code: status, message, title } });
  if (service === 'network') return json({ NeutronError: { type: refusal.type, message, detail: '' } });
  // designate/api/middleware.py, FaultWrapperMiddleware.
  if (service === 'dns') return dnsError(refusal);
  // A path that no route knows is answered by the router beneath the services, in HTML.
  if (refusal.type === unrouted) return imageError(404, 'Not Found', refusal, accept);
  return {
    ...json({ [computeFaults[status] ?? 'computeFault']: { code: status, message } }),
    contentType: 'application/json; charset=UTF-8',
  };
}

/** An object that its schema refuses has errors in the place of a message. */
function dnsError({ status: code, type, message }: Refusal): ErrorBody {
  return json(type === 'invalid_object' ? { code, type, errors: { errors: [{ message }] } } : { code, type, message });
}

const imageUnauthorized =
  'This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.';

/** Sentences that webob puts before a detail, for errors that Glance raises with a detail alone. */
const explanations: Readonly<Record<number, string>> = {
  403: 'Access was denied to this resource.',
  409: 'There was a conflict when trying to complete your request.',
  416: 'The Range requested is not available.',
};

/** Glance leaves its errors to webob, which speaks HTML unless the client accepts only JSON. */
function imageError(status: number, title: string, refusal: Refusal, accept: string): ErrorBody {
  const detailed = refusal.type === asDetail;
  const message = status === 401 ? imageUnauthorized : detailed ? (explanations[status] ?? '') : refusal.message;
  const rest = `<br /><br />\n${detailed ? refusal.message : ''}\n`;
  const wantsJson = accept.includes('application/json') && !accept.includes('*/*') && !accept.includes('html');
  const heading = `${status} ${title}`;
  if (wantsJson) return json({ message: `${message}${rest}\n`, code: heading, title });
  const escaped = `${message}${rest}`.replaceAll("'", '&#x27;');
  const text = `<html>\n <head>\n  <title>${heading}</title>\n </head>\n <body>\n  <h1>${heading}</h1>\n  ${escaped}\n\n </body>\n</html>`;
  return { contentType: 'text/html; charset=UTF-8', text };
}
