import { type Answer, type Call, type Route, route } from './route.ts';
import { type Elsewhere, type ShelfType, shelfTypes } from './service.ts';

/** One page of a list: where it begins, its things, and where the list goes on; null at its end. */
interface ShelfPage {
  readonly things: readonly Readonly<Record<string, string>>[];
  readonly next: string | null;
}

/** How a service has a page: the body of its answer. */
type Style = (key: string, page: ShelfPage) => unknown;

/** Octavia (octavia/api/common/pagination.py) and Manila (manila/api/common.py). */
const byKey: Style = (key, { things, next }) => ({
  [key]: things,
  ...(next === null ? {} : { [`${key}_links`]: [{ rel: 'next', href: next }] }),
});

/** Barbican (barbican/common/hrefs.py) and Magnum (magnum/api/controllers/v1/collection.py). */
const byNext: Style = (key, { things, next }) => ({ [key]: things, ...(next === null ? {} : { next }) });

/** Heat (heat/api/openstack/v1/views/views_common.py) and Trove (trove/common/pagination.py). */
const byList: Style = (key, { things, next }) => ({
  [key]: things,
  ...(next === null ? {} : { links: [{ rel: 'next', href: next }] }),
});

/** Swift: the list alone; who wants more names the last that they have. */
const bare: Style = (_key, { things }) => things;

/** Where each of these services lists what, how it names it, and how many it tells at once. */
const shelves = {
  'load-balancer': { path: '/v2/lbaas/loadbalancers', key: 'loadbalancers', name: 'name', most: 1000, style: byKey },
  orchestration: { path: '/v1/stacks', key: 'stacks', name: 'stack_name', most: 1000, style: byList },
  sharev2: { path: '/v2/shares', key: 'shares', name: 'name', most: 1000, style: byKey },
  'object-store': { path: '/v1', key: 'containers', name: 'name', most: 10_000, style: bare },
  'key-manager': { path: '/v1/secrets', key: 'secrets', name: 'name', most: 100, style: byNext },
  'container-infra': { path: '/v1/clusters', key: 'clusters', name: 'name', most: 1000, style: byNext },
  database: { path: '/v1.0/instances', key: 'instances', name: 'name', most: 20, style: byList },
} as const satisfies Record<ShelfType, object>;

function shelf(type: ShelfType): Route {
  const { path, key, name, most, style } = shelves[type];
  return route('elsewhere', 'GET', `/${type}${path}`, (call): Answer => {
    const all = namesIn(call, type).map((text, index) => thingOf(type, name, text, `${index}`));
    return { status: 200, body: style(key, pageOf(call, all, most)) };
  });
}

/** Barbican has no ids, but addresses (barbican/model/models.py, `Secret.fields`). */
function thingOf(type: ShelfType, name: string, text: string, id: string): Readonly<Record<string, string>> {
  if (type !== 'key-manager') return { id, [name]: text };
  return { secret_ref: `http://twin/v1/secrets/${id}`, name: text, secret_type: 'passphrase', expiration: '2030-01-31T00:00:00' };
}

/** A page as it is asked for; Barbican alone counts (`offset`), the others name what was last. */
function pageOf({ query, cloud, path }: Call, all: ShelfPage['things'], most: number): ShelfPage {
  const asked = Number(query.get('limit') ?? most);
  const limit = Math.min(asked, most, cloud.settings.pageSize);
  const marker = query.get('marker');
  const isLast = (one: Readonly<Record<string, string>>): boolean => one['id'] === marker || one['name'] === marker;
  const isCounted = path.startsWith('/key-manager');
  const start = isCounted ? Number(query.get('offset') ?? 0) : marker === null ? 0 : all.findIndex(isLast) + 1;
  const things = all.slice(start, start + limit);
  const at = isCounted ? `offset=${start + limit}` : `marker=${things.at(-1)?.['id']}`;
  return { things, next: start + limit < all.length ? `${cloud.url('elsewhere')}${path}?limit=${limit}&${at}` : null };
}

function namesIn({ cloud, caller }: Call, what: keyof Elsewhere): readonly string[] {
  return caller.projectName === 'demo' ? (cloud.settings.elsewhere[what] ?? []) : [];
}

/** The lists of these services. */
export const elsewhereRoutes: readonly Route[] = shelfTypes.map(shelf);
