import { Problem, type ProblemCode } from '../../../problem.ts';

/** An answer with an error status. */
export interface Refused {
  readonly method: string;
  readonly url: string;
  readonly service: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Which cloud of a migration refused: what an operator can do differs. */
export type CloudSide = 'source' | 'destination';

/** What an operator does about the source; the table of problems speaks of the destination. */
const hintsAtSource: Partial<Record<ProblemCode, string>> = {
  E_FORBIDDEN: 'Give the user of the source credentials the named right. Nothing was changed.',
  E_QUOTA: 'Raise the quota in the source project (a snapshot takes room there), then `sender resume`.',
  E_CONFLICT: 'The source cloud is doing something else with it; wait, or repair it there, then `sender resume`.',
};

/**
 * Turns an error answer into a problem with the cloud's own message, its request id, the method and
 * the path.
 */
export function problemOf(refused: Refused, side: CloudSide, redacted: (text: string) => string): Problem {
  const { method, url, service, status, headers, text } = refused;
  if (status < 400) return redirected(refused, redacted);
  const says = messageOf(text).slice(0, 1000);
  const requestId = headers['x-openstack-request-id'] ?? headers['x-compute-request-id'];
  const path = new URL(url).pathname;
  const tail = requestId === undefined ? '' : `, ${requestId}`;
  const sentence = `The ${service} service answered ${status}: ${says || 'no message'} (${method} ${path}${tail})`;
  const code = codeOf(status, text);
  const hint = side === 'source' ? hintsAtSource[code] : undefined;
  return new Problem(code, redacted(sentence), { cause: { status }, ...(hint === undefined ? {} : { hint }) });
}

/**
 * Says where an answer points. It is not followed: the token is for the catalogue's address, and a
 * request with a body would arrive as a GET.
 */
export function redirected({ method, url, service, status, headers }: Refused, redacted: (text: string) => string): Problem {
  const to = URL.parse(headers['location'] ?? '', url);
  const where = to === null ? 'without saying where to' : `to ${to.origin}${to.pathname}`;
  const says = `The ${service} service answers ${method} ${new URL(url).pathname} with a redirection (${status}) ${where}.`;
  return new Problem('E_CLOUD_REDIRECT', redacted(says), { about: new URL(url).origin });
}

/** The status of the answer that a problem comes from; undefined where there was no answer. */
export function statusOf({ cause }: Problem): number | undefined {
  const status = typeof cause === 'object' && cause !== null ? (cause as { status?: unknown }).status : undefined;
  return typeof status === 'number' ? status : undefined;
}

function codeOf(status: number, text: string): ProblemCode {
  if (status === 401) return 'E_AUTH';
  if (status === 413) return 'E_QUOTA';
  // The rules of policies have names such as `update_quota` (oslo_policy/policy.py).
  if (status === 403 && /disallowed by policy|Policy doesn't allow/i.test(text)) return 'E_FORBIDDEN';
  // Nova and Glance refuse an exceeded quota with 403, which older Novas call a maximum
  // (nova/exception.py, PortLimitExceeded); Neutron with 409 and the type OverQuota.
  if ((status === 403 || status === 409) && /quota|OverQuota|maximum number of .* exceeded/i.test(text)) return 'E_QUOTA';
  if (status === 403) return 'E_FORBIDDEN';
  if (status === 409) return 'E_CONFLICT';
  if (status === 429 || status >= 500) return 'E_CLOUD';
  return 'E_CLOUD_REFUSED';
}

/**
 * Finds the sentence in the shapes that OpenStack's services answer errors in: JSON with one key,
 * Neutron's, Keystone's, Glance's HTML.
 */
export function messageOf(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return plain(text);
  }
  const found = messageIn(value, 3);
  return found === undefined ? plain(text) : plain(found);
}

function messageIn(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || depth === 0) return undefined;
  const { message } = value as { message?: unknown };
  if (typeof message === 'string') return message;
  for (const inner of Object.values(value)) {
    const found = messageIn(inner, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function plain(text: string): string {
  return text
    .replace(/<(title|head)[^>]*>[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '');
}
