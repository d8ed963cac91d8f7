import { anyRecord } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { mayUse } from '../policy.ts';
import { badRequest, conflict, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { textOf } from '../text.ts';
import { assignAddresses, prefixOf } from './addresses.ts';
import { legOwnerOf } from './ha.ts';
import { holds, overlap, readAddress } from './ip.ts';
import type { FixedIp, Port, Router, Subnet } from './model.ts';
import { plainWish, plugPort } from './ports.ts';
import { interfacesOf, routerOf } from './routers.ts';
import { tendSnat } from './snat.ts';
import { bump, missing, mustOwn } from './standard.ts';
import { removePort } from './unplug.ts';

const bad = (message: string) => badRequest(`Bad router request: ${message}.`, 'BadRequest');

interface Named {
  readonly subnet: Subnet | undefined;
  readonly port: Port | undefined;
}

/** The subnet or port that a request names. */
function named(call: Call): Named {
  const { state } = call.cloud;
  const read = anyRecord.safeParse(call.body);
  const subnetId = read.data?.['subnet_id'];
  const portId = read.data?.['port_id'];
  if (subnetId === undefined && portId === undefined) throw bad('Either subnet_id or port_id must be specified');
  const subnet = subnetId === undefined ? undefined : state.subnets.get(textOf(subnetId));
  const port = portId === undefined ? undefined : state.ports.get(textOf(portId));
  if (subnetId !== undefined && subnet === undefined) throw missing.subnet(textOf(subnetId));
  if (portId !== undefined && (port === undefined || !mayUse(call.caller, port.project))) throw missing.port(textOf(portId));
  return { subnet, port };
}

/** PUT /v2.0/routers/{id}/add_router_interface. */
function addInterface(call: Call): Answer {
  const { cloud } = call;
  const router = routerOf(call);
  mustOwn(call, router, 'add_router_interface');
  const { subnet, port } = named(call);
  if (subnet !== undefined && port !== undefined) throw bad('Cannot specify both subnet-id and port-id');
  const leg = port === undefined ? attachSubnet(call, router, subnet) : attachPort(cloud, router, port);
  tendSnat(cloud, router);
  return interfaceAnswer(router, leg, port === undefined ? subnet?.id : undefined);
}

function attachPort(cloud: Cloud, router: Router, port: Port): Port {
  if (port.deviceId !== '')
    throw conflict(
      `Unable to complete operation on port ${port.id} for network ${port.networkId}. Port already has an attached device ${port.deviceId}.`,
      'PortInUse',
    );
  if (port.fixedIps.length === 0) throw bad('Router port must have at least one fixed IP');
  for (const fixed of port.fixedIps) checkOverlap(cloud, router, cloud.state.subnets.get(fixed.subnet_id));
  port.deviceId = router.id;
  port.deviceOwner = legOwnerOf(router);
  port.securityGroups = [];
  port.status = 'ACTIVE';
  bump(cloud, port);
  return port;
}

function attachSubnet(call: Call, router: Router, subnet: Subnet | undefined): Port {
  const { cloud } = call;
  const network = subnet && cloud.state.networks.get(subnet.networkId);
  if (subnet === undefined || network === undefined) throw bad('the subnet has no network');
  if (!mayUse(call.caller, subnet.project) && !network.shared) throw missing.subnet(subnet.id);
  if (subnet.gatewayIp === null) throw bad('Subnet for router interface must have a gateway IP');
  checkOverlap(cloud, router, subnet);
  const wanted = [{ subnet_id: subnet.id, ip_address: subnet.gatewayIp }];
  // IPv6 subnets of one network share the router's port there (l3_db, _add_interface_by_subnet).
  const shared =
    subnet.ipVersion === 6
      ? interfacesOf(cloud, router).find((port) => port.networkId === network.id && holdsOnlySix(cloud, port))
      : undefined;
  if (shared !== undefined) {
    shared.fixedIps = [...shared.fixedIps, ...assignAddresses(cloud, shared, wanted)];
    bump(cloud, shared);
    return shared;
  }
  const port = plugPort(cloud, network, router.project, {
    ...plainWish,
    wanted,
    deviceId: router.id,
    deviceOwner: legOwnerOf(router),
  });
  port.status = 'ACTIVE';
  return port;
}

const holdsOnlySix = (cloud: Cloud, port: Port): boolean =>
  port.fixedIps.every((fixed) => cloud.state.subnets.get(fixed.subnet_id)?.ipVersion === 6);

function checkOverlap(cloud: Cloud, router: Router, subnet: Subnet | undefined): void {
  if (subnet === undefined) return;
  for (const fixed of interfacesOf(cloud, router).flatMap((port) => port.fixedIps)) {
    const other = cloud.state.subnets.get(fixed.subnet_id);
    if (other?.id === subnet.id) throw bad(`Router already has a port on subnet ${subnet.id}`);
    if (other !== undefined && overlap(prefixOf(other), prefixOf(subnet))) {
      throw bad(`Cidr ${subnet.cidr} of subnet ${subnet.id} overlaps with cidr ${other.cidr} of subnet ${other.id}`);
    }
  }
}

function interfaceAnswer(router: Router, port: Port, subnetId?: string): Answer {
  const subnetIds = subnetId === undefined ? port.fixedIps.map((fixed) => fixed.subnet_id) : [subnetId];
  return {
    status: 200,
    body: {
      id: router.id,
      tenant_id: router.project,
      port_id: port.id,
      network_id: port.networkId,
      subnet_id: subnetIds[0] ?? null,
      subnet_ids: subnetIds,
    },
  };
}

/** PUT /v2.0/routers/{id}/remove_router_interface. */
function removeInterface(call: Call): Answer {
  const { cloud } = call;
  const router = routerOf(call);
  mustOwn(call, router, 'remove_router_interface');
  const { subnet, port: given } = named(call);
  const ports = interfacesOf(cloud, router);
  const port = ports.find(
    (each) =>
      (given === undefined || each.id === given.id) &&
      (subnet === undefined || each.fixedIps.some((fixed) => fixed.subnet_id === subnet.id)),
  );
  if (port === undefined) {
    if (given !== undefined)
      throw notFound(`Router ${router.id} does not have an interface with id ${given.id}`, 'RouterInterfaceNotFound');
    throw notFound(`Router ${router.id} has no interface on subnet ${subnet?.id}`, 'RouterInterfaceNotFoundForSubnet');
  }
  const leaving = port.fixedIps.filter((fixed) => given !== undefined || fixed.subnet_id === subnet?.id);
  for (const fixed of leaving) checkUnused(cloud, router, fixed);
  const answer = interfaceAnswer(router, port, leaving[0]?.subnet_id);
  if (leaving.length < port.fixedIps.length) {
    port.fixedIps = port.fixedIps.filter((fixed) => !leaving.includes(fixed));
    bump(cloud, port);
  } else removePort(cloud, port);
  tendSnat(cloud, router);
  return answer;
}

/** An interface stays while floating IPs or static routes go through it. */
function checkUnused(cloud: Cloud, router: Router, fixed: FixedIp): void {
  const subnet = cloud.state.subnets.get(fixed.subnet_id);
  if (subnet === undefined) return;
  const within = (text: string | null): boolean => {
    const address = text === null ? undefined : readAddress(text);
    return address !== undefined && holds(prefixOf(subnet), address);
  };
  if ([...cloud.state.floatingIps.values()].some((floating) => floating.routerId === router.id && within(floating.fixedIp))) {
    throw conflict(
      `Router interface for subnet ${subnet.id} on router ${router.id} cannot be deleted, as it is required by one or more floating IPs.`,
      'RouterInterfaceInUseByFloatingIP',
    );
  }
  if (router.routes.some((each) => within(each.nexthop))) {
    throw conflict(
      `Router interface for subnet ${subnet.id} on router ${router.id} cannot be deleted, as it is required by one or more routes.`,
      'RouterInterfaceInUseByRoute',
    );
  }
}

/** Interfaces of routers. */
export const interfaceRoutes: readonly Route[] = [
  route('network', 'PUT', '/v2.0/routers/:id/add_router_interface', addInterface),
  route('network', 'PUT', '/v2.0/routers/:id/remove_router_interface', removeInterface),
];
