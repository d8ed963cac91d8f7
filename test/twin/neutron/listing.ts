import type { Cloud } from '../cloud.ts';
import { badRequest, notFound } from '../refusal.ts';
import type { Answer, Call } from '../route.ts';
import { textOf } from '../text.ts';

type View = Readonly<Record<string, unknown>>;

const control: ReadonlySet<string> = new Set([
  'fields',
  'limit',
  'marker',
  'page_reverse',
  'sort_key',
  'sort_dir',
  'tags',
  'tags-any',
  'not-tags',
  'not-tags-any',
]);

/** Attributes that can be filtered by although no view shows them, per collection. */
const hiddenFilters: Readonly<Record<string, readonly string[]>> = {
  ports: ['fixed_ips', 'security_groups'],
  networks: [],
  subnets: ['shared'],
};

/**
 * Answers a list of views: filtered, sorted, cut into pages and reduced to the fields asked for
 * (Network API v2, "Filtering", "Pagination").
 */
export function listAnswer(call: Call, plural: string, views: readonly View[], known: readonly string[]): Answer {
  const { query, cloud } = call;
  const unknown = [...new Set(query.keys())].filter(
    (key) => !control.has(key) && !known.includes(key) && hiddenFilters[plural]?.includes(key) !== true,
  );
  if (unknown.length > 0)
    throw badRequest(`[${unknown.map((key) => `'${key}'`).join(', ')}] is invalid attribute for filtering`, 'HTTPBadRequest');
  const fitting = sortViews(
    views.filter((view) => fits(query, view)),
    query,
    Number.isFinite(cloud.settings.pageSize),
  );
  const { page, links } = cut(cloud, call, plural, fitting);
  const body: Record<string, unknown> = { [plural]: page.map((view) => pick(view, query)) };
  if (links.length > 0) body[`${plural}_links`] = links;
  return { status: 200, body };
}

/** Answers one view, reduced to the fields asked for. */
export const showAnswer = (call: Call, singular: string, view: View, status = 200): Answer => ({
  status,
  body: { [singular]: pick(view, call.query) },
});

function pick(view: View, query: URLSearchParams): View {
  const fields = query.getAll('fields').filter((field) => field !== '');
  if (fields.length === 0) return view;
  return Object.fromEntries(fields.filter((field) => field in view).map((field) => [field, view[field]]));
}

function fits(query: URLSearchParams, view: View): boolean {
  const tags = (view['tags'] ?? []) as readonly string[];
  const asked = (key: string): string[] | undefined => query.get(key)?.split(',');
  if (asked('tags')?.every((tag) => tags.includes(tag)) === false) return false;
  if (asked('tags-any')?.some((tag) => tags.includes(tag)) === false) return false;
  if (asked('not-tags')?.every((tag) => tags.includes(tag)) === true) return false;
  if (asked('not-tags-any')?.some((tag) => tags.includes(tag)) === true) return false;
  for (const key of new Set(query.keys())) {
    if (!control.has(key) && !query.getAll(key).some((wanted) => fitsOne(view[key], key, wanted))) return false;
  }
  return true;
}

function fitsOne(actual: unknown, key: string, wanted: string): boolean {
  if (key === 'fixed_ips') return fitsFixedIp(actual, wanted);
  if (Array.isArray(actual)) return actual.includes(wanted);
  if (typeof actual === 'boolean') return actual === ['true', '1'].includes(wanted.toLowerCase());
  if (actual === null || actual === undefined) return wanted === '' || wanted === 'null' || wanted === 'None';
  // The database compares without case and without blanks at the end, and so do names, MAC
  // addresses and all other text.
  return textOf(actual).toLowerCase().trimEnd() === wanted.toLowerCase().trimEnd();
}

/**
 * `fixed_ips=ip_address=10.0.0.3`, `fixed_ips=subnet_id=…`, or `ip_address_substr` for a part of an
 * address.
 */
function fitsFixedIp(actual: unknown, wanted: string): boolean {
  const parts = /^(ip_address|subnet_id|ip_address_substr)=(.*)$/.exec(wanted);
  if (parts === null)
    throw badRequest(`Invalid input for operation: '${wanted}' is not a valid filter for fixed_ips.`, 'InvalidInput');
  const [, field = '', value = ''] = parts;
  return (actual as { ip_address: string; subnet_id: string }[]).some((fixed) => {
    if (field === 'ip_address_substr') return fixed.ip_address.includes(value);
    return (field === 'subnet_id' ? fixed.subnet_id : fixed.ip_address) === value;
  });
}

function sortViews(views: readonly View[], query: URLSearchParams, isCut: boolean): View[] {
  const keys = query.getAll('sort_key');
  const directions = query.getAll('sort_dir');
  // Paging needs a stable order: by id unless asked otherwise, as in Neutron's native sorting.
  if (keys.length !== directions.length) throw badRequest('The number of sort_keys and sort_dirs must be same', 'HTTPBadRequest');
  if (keys.length === 0)
    return isCut || query.has('limit') || query.has('marker') ? [...views].sort((a, b) => compare(a['id'], b['id'])) : [...views];
  return [...views].sort((left, right) => {
    for (const [index, key] of keys.entries()) {
      const order = compare(left[key], right[key]);
      if (order !== 0) return directions[index] === 'desc' ? -order : order;
    }
    return compare(left['id'], right['id']);
  });
}

const compare = (left: unknown, right: unknown): number => {
  const a = textOf(left);
  const b = textOf(right);
  return a < b ? -1 : a > b ? 1 : 0;
};

const unknownMarker = (plural: string, id: string) => {
  const singular = plural.replace(/s$/, '');
  const type = singular
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  return notFound(`${type} ${id} could not be found.`, `${type}NotFound`);
};

interface Page {
  readonly page: readonly View[];
  readonly links: readonly { rel: string; href: string }[];
}

function cut(cloud: Cloud, call: Call, plural: string, views: readonly View[]): Page {
  const { query } = call;
  const asked = query.get('limit');
  if (asked !== null && !/^\d+$/.test(asked)) throw badRequest(`Bad limit: '${asked}' is not an integer`, 'HTTPBadRequest');
  const most = cloud.settings.pageSize;
  const limit = asked === null || Number(asked) === 0 ? most : Math.min(Number(asked), most);
  const marker = query.get('marker');
  const at = marker === null ? -1 : views.findIndex((view) => view['id'] === marker);
  if (marker !== null && at < 0) throw unknownMarker(plural, marker);
  const backwards = query.get('page_reverse')?.toLowerCase() === 'true';
  const isShown = (view: View): boolean => !cloud.settings.hidden.includes(textOf(view['name']));
  // A policy hides after the page is cut, and before it is linked
  // (neutron/pecan_wsgi/hooks/query_parameters.py, `after`; policy_enforcement.py, `after`).
  const page = (
    backwards
      ? views.slice(Math.max(0, (marker === null ? views.length : at) - limit), marker === null ? views.length : at)
      : views.slice(at + 1, at + 1 + limit)
  ).filter(isShown);
  if (!Number.isFinite(limit)) return { page, links: [] };
  const link = (rel: string, item: View | undefined) => {
    const next = new URLSearchParams(query);
    next.set('limit', String(limit));
    next.set('marker', String(item?.['id']));
    if (rel === 'previous') next.set('page_reverse', 'True');
    else next.delete('page_reverse');
    return { rel, href: `${cloud.url('network')}/v2.0/${plural.replaceAll('_', '-')}?${next.toString()}` };
  };
  const links = [];
  // A full page promises a next one, which may be empty; a page before is always linked
  // (neutron/api/api_common.py, get_pagination_links).
  if (page.length === limit && page.length > 0) links.push(link('next', page.at(-1)));
  if (page.length > 0) links.push(link('previous', page[0]));
  return { page, links };
}
