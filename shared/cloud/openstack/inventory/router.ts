import { type Resource, refOf } from '../../../model/resource.ts';
import type { ApiPort, ApiRouter } from '../api.ts';
import { describe } from '../attributes/describe.ts';

/**
 * Describes a router, its gateway, its interfaces and its static routes, each as a resource with
 * its needs.
 */
export function routerOf(router: ApiRouter, interfaces: readonly ApiPort[]): Resource[] {
  const { id, name, routes = [] } = router;
  const gateway = router.external_gateway_info ?? null;
  const own = { id, name, router_id: id };
  const legs = interfaces.filter((port) => port.device_id === id);
  const reach = [...legs.map((leg) => refOf('interface', leg.id)), ...(gateway === null ? [] : [refOf('gateway', id)])];
  return [
    describe('router', router),
    ...(gateway === null ? [] : [describe('gateway', gateway, own)]),
    ...legs.map((leg) => describe('interface', leg)),
    ...(routes.length === 0 ? [] : [describe('routes', router, { ...own, needs: reach })]),
  ];
}
