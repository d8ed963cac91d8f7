import { Problem } from '../../../problem.ts';
import { isTooLong } from './answer.ts';
import type { ApiService } from './catalogue.ts';
import { statusOf } from './refusal.ts';
import type { ApiCall, CloudSession } from './session.ts';

/** Page size; a cloud may return fewer, and always reports whether there are more. */
const pageSize = 500;

/** Number of pages after which a list counts as endless. */
const mostPages = 10_000;

/**
 * What is listed: `path` of the collection, and `key`, under which a page holds it; null where the
 * page is the list, as Swift's are.
 */
export interface Listing {
  readonly service: ApiService;
  readonly path: string;
  readonly key: string | null;
  readonly query?: ApiCall['query'];
  readonly headers?: ApiCall['headers'];
}

/** How often a list is begun again because the record that its next page begins after is gone. */
const beginnings = 5;

/**
 * Lists a whole collection, page by page. Nova, Neutron, Cinder, Octavia and Manila link the next
 * page under `<key>_links`, Cinder some under the singular; Glance, Barbican and Magnum under
 * `next`; Keystone and Designate in an object `links`, Heat and Trove in a list `links`; Swift
 * begins after the last name. A record that is deleted while its page is read is no place to go on
 * from: Nova and Glance then answer 400, Neutron and Cinder 404, which MUST NOT be taken for a
 * collection that is not there. The list is begun again.
 */
export async function listAll<T>(session: CloudSession, listing: Listing, signal: AbortSignal): Promise<T[]> {
  let limit = withoutLimit.includes(listing.service) ? undefined : pageSize;
  for (let left = beginnings - 1; ; left--) {
    try {
      return await listOnce<T>(session, listing, limit, signal);
    } catch (error) {
      if (limit === undefined && isTooMuch(error)) {
        limit = pageSize;
        continue;
      }
      if (!(error instanceof LostPlace)) throw error;
      if (left === 0)
        throw new Problem('E_CLOUD', `GET ${listing.path}: the list changes faster than it is read.`, { cause: error });
    }
  }
}

/**
 * Services that are asked for whole lists. Keystone knows no pages. Neutron cuts a page, hides what
 * a policy keeps from the caller, and links a next page only if as many are left as were asked for
 * (neutron/pecan_wsgi/hooks: PolicyHook runs before `after` of QueryParametersHook): one that is
 * hidden would cost all further pages. Without a limit it cuts nothing, unless the cloud has one of
 * its own (`pagination_max_limit`).
 */
const withoutLimit: readonly ApiService[] = ['identity', 'network'];

/**
 * Whether a whole list is more than the cloud, or a proxy before it, gives in one answer: the proxy
 * gives up first, and says so with 502 or 504.
 */
function isTooMuch(error: unknown): boolean {
  if (!(error instanceof Problem)) return false;
  return isTooLong(error) || error.code === 'E_CLOUD_TIMEOUT' || [502, 504].includes(statusOf(error) ?? 0);
}

/** That the cloud no longer knows the record after which a page begins. */
class LostPlace extends Error {}

async function listOnce<T>(
  session: CloudSession,
  listing: Listing,
  limit: number | undefined,
  signal: AbortSignal,
): Promise<T[]> {
  const { service, path, key, headers } = listing;
  const all: T[] = [];
  const seen = new Set<string>();
  let query: ApiCall['query'] = { limit, ...listing.query };
  for (;;) {
    const tolerate = seen.size === 0 ? [] : [400, 404];
    const { status, body } = await session.call({ method: 'GET', service, path, query, headers, tolerate, signal });
    if (status >= 400) throw new LostPlace(`${status}`);
    // Swift answers 204 without a body where it has nothing.
    const page = key === null ? (body ?? []) : (body as Record<string, unknown> | null)?.[key];
    if (!Array.isArray(page)) throw new Problem('E_CLOUD', `GET ${path}: the answer has no list of ${key ?? 'names'}.`);
    // Keystone cuts a list at its `list_limit`, and links no further page.
    if ((body as { truncated?: unknown } | null)?.truncated === true)
      throw new Problem('E_CLOUD_REFUSED', `GET ${path}: the cloud tells only the first ${page.length} of ${key ?? 'names'}.`);
    all.push(...(page as T[]));
    const next = key === null ? afterLast(page, 'name') : nextOf(body as Record<string, unknown>, service, key, page);
    if (next === null) return all;
    const marker = next.searchParams.get('marker') ?? next.search;
    // A list that grows as fast as it is read would never end.
    if (seen.size >= mostPages) throw new Problem('E_CLOUD', `GET ${path}: the list has more than ${mostPages} pages.`);
    if (seen.has(marker)) throw new Problem('E_CLOUD', `GET ${path}: the cloud links the same page again and again.`);
    seen.add(marker);
    // Only the query is used: behind a proxy the link's host is often wrong, and a token never goes
    // to another one.
    query = { ...query, ...grouped(next.searchParams) };
  }
}

function nextOf(body: Record<string, unknown>, service: ApiService, key: string, page: readonly unknown[]): URL | null {
  // Cinder calls those of `groups` group_links (cinder/api/v3/views/groups.py).
  const lists = [body[`${key}_links`], body[`${key.replace(/s$/, '')}_links`], body['links']].filter(Array.isArray);
  const linkTo = (rel: string) => (lists.flat() as { rel?: unknown; href?: unknown }[]).find((link) => link?.rel === rel);
  const href = linkTo('next')?.href ?? body['next'] ?? (body['links'] as { next?: unknown } | null | undefined)?.next;
  if (typeof href === 'string' && href !== '') return URL.parse(href, 'http://relative');
  // Where Neutron cuts, it links the page before; what it hid of this one may hide a next.
  return service === 'network' && linkTo('previous') !== undefined ? afterLast(page, 'id') : null;
}

/**
 * Begins after the last of a page that has no link. Object Storage API v1, "Show account details
 * and list containers", by names; Network API v2.0, "Pagination", by ids.
 */
function afterLast(page: readonly unknown[], by: 'name' | 'id'): URL | null {
  const marker = (page.at(-1) as Record<string, unknown> | undefined)?.[by];
  if (typeof marker !== 'string') return null;
  return URL.parse(`?${new URLSearchParams({ marker }).toString()}`, 'http://relative');
}

function grouped(parameters: URLSearchParams): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of parameters) groups[name] = [...(groups[name] ?? []), value];
  return groups;
}
