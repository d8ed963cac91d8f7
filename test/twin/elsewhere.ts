import { type Call, type Route, route } from './route.ts';
import { type Elsewhere, type ShelfType, shelfTypes } from './service.ts';

/** Where each of these services lists what, and how it names it. */
const shelves = {
  'load-balancer': { path: '/v2/lbaas/loadbalancers', key: 'loadbalancers', name: 'name' },
  dns: { path: '/v2/zones', key: 'zones', name: 'name' },
  orchestration: { path: '/v1/stacks', key: 'stacks', name: 'stack_name' },
  sharev2: { path: '/v2/shares', key: 'shares', name: 'name' },
  'object-store': { path: '/v1', key: null, name: 'name' },
  'key-manager': { path: '/v1/secrets', key: 'secrets', name: 'name' },
  'container-infra': { path: '/v1/clusters', key: 'clusters', name: 'name' },
  database: { path: '/v1.0/instances', key: 'instances', name: 'name' },
} as const satisfies Record<ShelfType, object>;

function shelf(type: ShelfType): Route {
  const { path, key, name } = shelves[type];
  return route('elsewhere', 'GET', `/${type}${path}`, (call) => {
    const list = namesIn(call, type).map((text, index) => ({ id: `${index}`, [name]: text }));
    return { status: 200, body: key === null ? list : { [key]: list } };
  });
}

function namesIn({ cloud, caller }: Call, what: keyof Elsewhere): readonly string[] {
  return caller.projectName === 'demo' ? (cloud.settings.elsewhere[what] ?? []) : [];
}

/** The lists of these services. */
export const elsewhereRoutes: readonly Route[] = shelfTypes.map(shelf);
