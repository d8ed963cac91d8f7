import type { Cloud } from '../cloud.ts';
import type { Caller } from '../policy.ts';
import { badRequest, conflict, forbidden } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { prefixOf } from './addresses.ts';
import { atMost, bool, ipAddress, listOf, orNull, prefix, readPost, readPut, shape, text, uuid } from './attributes.ts';
import { type Collection, collectionRoutes, sentFor, thingOf } from './collection.ts';
import { isLeg, plugHa, unplugHa } from './ha.ts';
import { holds, readAddress } from './ip.ts';
import { showAnswer } from './listing.ts';
import type { HostRoute, Port, Router } from './model.ts';
import { plainWish, plugPort } from './ports.ts';
import { policyFor } from './qos.ts';
import { tendSnat } from './snat.ts';
import { bump, checkQuota, missing, mustOwn, newStandard, standardView } from './standard.ts';
import { removePort } from './unplug.ts';

const externalIp = shape({
  subnet_id: { check: uuid, fallback: undefined },
  ip_address: { check: ipAddress, fallback: undefined },
});
const gatewayInfo = shape({
  network_id: { check: uuid },
  enable_snat: { check: bool, fallback: undefined },
  external_fixed_ips: { check: listOf(externalIp), fallback: undefined },
  qos_policy_id: { check: orNull(uuid), fallback: undefined },
});
const hostRoute = shape({ destination: { check: prefix }, nexthop: { check: ipAddress } });
type GatewayInfo = ReturnType<typeof gatewayInfo>;

const attributes = {
  name: { check: text(), fallback: '' },
  description: { check: text(), fallback: '' },
  admin_state_up: { check: bool, fallback: true },
  // An empty object clears the gateway, as null does.
  external_gateway_info: {
    check: (value: unknown, name: string) => (value === null || JSON.stringify(value) === '{}' ? null : gatewayInfo(value, name)),
    fallback: null,
  },
  distributed: { check: bool, fallback: false, adminOnly: true },
  ha: { check: bool, fallback: false, adminOnly: true },
  availability_zone_hints: { check: listOf(text()), fallback: [] as string[], put: false },
  flavor_id: { check: orNull(uuid), fallback: null, put: false },
  // The extension extraroute has it for PUT alone: a new router has no interfaces for a next hop to
  // be on.
  // max_routes of neutron.conf, at its default.
  routes: { check: orNull(atMost(30, listOf(hostRoute))), fallback: [], post: false },
};

/** The router as Neutron shows it. */
function routerView(cloud: Cloud, caller: Caller, router: Router): Record<string, unknown> {
  const port = router.gateway === null ? undefined : cloud.state.ports.get(router.gateway.portId);
  const view: Record<string, unknown> = {
    ...standardView(router),
    name: router.name,
    admin_state_up: router.adminStateUp,
    status: 'ACTIVE',
    external_gateway_info:
      router.gateway === null
        ? null
        : {
            network_id: router.gateway.networkId,
            external_fixed_ips: port?.fixedIps ?? [],
            enable_snat: router.gateway.enableSnat,
            // One without a policy shows none (neutron/db/l3_gateway_ip_qos.py).
            ...(router.qosPolicyId ? { qos_policy_id: router.qosPolicyId } : {}),
          },
    routes: router.routes,
    availability_zone_hints: router.zoneHints,
    availability_zones: ['nova'],
    flavor_id: null,
  };
  if (caller.admin) {
    view['distributed'] = router.distributed;
    view['ha'] = router.ha;
  }
  return view;
}

/** The ports by which a router stands in networks, its gateway not among them. */
export const interfacesOf = (cloud: Cloud, router: Router): Port[] =>
  [...cloud.state.ports.values()].filter((port) => port.deviceId === router.id && isLeg(port));

/** Source NAT and the gateway's addresses are for admins to choose (default policies of Zed). */
function checkGatewayRights(caller: Caller, rule: string, info: unknown): void {
  const given = (info ?? {}) as Record<string, unknown>;
  const sent = Object.keys(given)
    .map((key) => `rule:${rule}:external_gateway_info:${key}`)
    .join(' and ');
  for (const key of ['enable_snat', 'external_fixed_ips'])
    if (given[key] !== undefined && !caller.admin)
      throw forbidden(
        `(rule:${rule} and (rule:${rule}:external_gateway_info and (${sent}))) is disallowed by policy`,
        'PolicyNotAuthorized',
      );
}

function setGateway(cloud: Cloud, router: Router, info: GatewayInfo | null): void {
  const old = router.gateway;
  if (info === null || (old !== null && old.networkId !== info.network_id)) clearGateway(cloud, router);
  if (info === null) return;
  const network = cloud.state.networks.get(info.network_id);
  if (network === undefined) throw missing.network(info.network_id);
  if (!network.external) throw badRequest(`Bad router request: Network ${network.id} is not an external network.`, 'BadRequest');
  const kept = router.gateway === null ? undefined : cloud.state.ports.get(router.gateway.portId);
  const enableSnat = info.enable_snat ?? router.gateway?.enableSnat ?? true;
  if (kept !== undefined && info.external_fixed_ips === undefined) {
    router.gateway = { networkId: network.id, enableSnat, portId: kept.id };
    return;
  }
  if (kept !== undefined) removePort(cloud, kept);
  const wanted = info.external_fixed_ips ?? null;
  const port = plugPort(cloud, network, '', { ...plainWish, wanted, deviceId: router.id, deviceOwner: 'network:router_gateway' });
  if (port.fixedIps.length === 0) {
    removePort(cloud, port);
    throw badRequest(`Bad router request: No IPs available for external network ${network.id}.`, 'BadRequest');
  }
  port.status = 'ACTIVE';
  router.gateway = { networkId: network.id, enableSnat, portId: port.id };
}

/** A policy that is not named stays, also when the gateway goes (l3_gateway_ip_qos.py). */
function givePolicy(call: Call, router: Router, info: GatewayInfo | null): void {
  if (info?.qos_policy_id !== undefined) router.qosPolicyId = policyFor(call, info.qos_policy_id);
}

function clearGateway(cloud: Cloud, router: Router): void {
  if (router.gateway === null) return;
  const needed = [...cloud.state.floatingIps.values()].some((floating) => floating.routerId === router.id);
  if (needed) {
    const message = `Gateway cannot be updated for router ${router.id}, since a gateway to external network ${router.gateway.networkId} is required by one or more floating IPs.`;
    throw conflict(message, 'RouterExternalGatewayInUseByFloatingIp');
  }
  const port = cloud.state.ports.get(router.gateway.portId);
  if (port !== undefined) removePort(cloud, port);
  router.gateway = null;
}

function makeRouter(call: Call, given: Record<string, unknown>): Router {
  const { cloud, caller } = call;
  const { projectId, values } = readPost(caller, 'create_router', attributes, given);
  checkGatewayRights(caller, 'create_router', given['external_gateway_info']);
  checkQuota(cloud, projectId, 'router');
  const router: Router = {
    ...newStandard(projectId, values.description),
    name: values.name,
    adminStateUp: values.admin_state_up,
    gateway: null,
    routes: [],
    distributed: given['distributed'] === undefined ? cloud.settings.distributedRouters : values.distributed,
    ha: values.ha,
    zoneHints: values.availability_zone_hints,
  };
  setGateway(cloud, router, values.external_gateway_info);
  givePolicy(call, router, values.external_gateway_info);
  if (router.ha) plugHa(cloud, router);
  cloud.state.routers.set(router.id, router);
  bump(cloud, router);
  return router;
}

/** The router of a path. */
export const routerOf = (call: Call): Router => thingOf(collection, call);

/** Refuses routes whose next hop is on no network of the router. */
function checkRoutes(cloud: Cloud, router: Router, routes: readonly HostRoute[]): void {
  const gateway = router.gateway === null ? undefined : cloud.state.ports.get(router.gateway.portId);
  const ports = [...interfacesOf(cloud, router), ...(gateway === undefined ? [] : [gateway])];
  const own = ports.flatMap((port) => port.fixedIps);
  for (const { nexthop } of routes) {
    const hop = readAddress(nexthop);
    const reached = own.some((fixed) => {
      const subnet = cloud.state.subnets.get(fixed.subnet_id);
      return subnet !== undefined && hop !== undefined && holds(prefixOf(subnet), hop);
    });
    if (!reached)
      throw badRequest(
        `Invalid format for routes: ${JSON.stringify(routes)}, the nexthop is not connected with router`,
        'InvalidRoutes',
      );
    if (own.some((fixed) => fixed.ip_address === nexthop))
      throw badRequest(`Invalid format for routes: ${JSON.stringify(routes)}, the nexthop is used by router`, 'InvalidRoutes');
  }
}

function changeRouter(call: Call, router: Router, given: Record<string, unknown>): void {
  const { cloud, caller } = call;
  const values = readPut(caller, 'update_router', attributes, given);
  checkGatewayRights(caller, 'update_router', given['external_gateway_info']);
  if (values.routes !== undefined) checkRoutes(cloud, router, values.routes ?? []);
  if (values.external_gateway_info !== undefined) {
    setGateway(cloud, router, values.external_gateway_info);
    givePolicy(call, router, values.external_gateway_info);
    tendSnat(cloud, router);
  }
  router.name = values.name ?? router.name;
  router.description = values.description ?? router.description;
  router.adminStateUp = values.admin_state_up ?? router.adminStateUp;
  if (values.routes !== undefined) router.routes = values.routes ?? [];
  bump(cloud, router);
}

function changeRoutes(call: Call, change: (have: readonly HostRoute[], given: readonly HostRoute[]) => HostRoute[]): Answer {
  const router = routerOf(call);
  mustOwn(call, router, 'update_router');
  const routes = change(router.routes, listOf(hostRoute)(sentFor(collection, call)['routes'], 'routes'));
  checkRoutes(call.cloud, router, routes);
  router.routes = routes;
  bump(call.cloud, router);
  return showAnswer(call, 'router', routerView(call.cloud, call.caller, router));
}

const sameRoute = (left: HostRoute, right: HostRoute): boolean =>
  left.destination === right.destination && left.nexthop === right.nexthop;

function removeRouter({ cloud }: Call, router: Router): void {
  const attached = interfacesOf(cloud, router);
  if (attached.length > 0)
    throw conflict(`Router ${router.id} has ports still attached: ${attached.map((port) => port.id).join(', ')}`, 'RouterInUse');
  clearGateway(cloud, router);
  unplugHa(cloud, router);
  cloud.state.routers.delete(router.id);
}

const collection: Collection<Router> = {
  one: 'router',
  many: 'routers',
  things: ({ cloud }) => cloud.state.routers,
  none: missing.router,
  view: ({ cloud, caller }, router) => routerView(cloud, caller, router),
  newborn: () => ({ availability_zones: [] }),
  attributes,
  filters: ['status'],
  make: makeRouter,
  change: changeRouter,
  remove: removeRouter,
};

/** Routers and their static routes. */
export const routerRoutes: readonly Route[] = [
  ...collectionRoutes(collection),
  route('network', 'PUT', '/v2.0/routers/:id/add_extraroutes', (call) =>
    changeRoutes(call, (have, given) => [...have, ...given.filter((each) => !have.some((old) => sameRoute(old, each)))]),
  ),
  route('network', 'PUT', '/v2.0/routers/:id/remove_extraroutes', (call) =>
    changeRoutes(call, (have, given) => have.filter((old) => !given.some((each) => sameRoute(old, each)))),
  ),
];
