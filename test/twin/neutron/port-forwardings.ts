import { z } from 'zod';
import { parse } from '../body.ts';
import type { Cloud } from '../cloud.ts';
import { newUuid } from '../identifier.ts';
import { mayUse } from '../policy.ts';
import { badRequest, conflict, notFound } from '../refusal.ts';
import { type Answer, type Call, type Route, route } from '../route.ts';
import { mustOffer } from './extensions.ts';
import { listAnswer } from './listing.ts';
import type { FloatingIp, Port, PortForwarding } from './model.ts';
import { interfacesOf } from './routers.ts';
import { missing, mustOwn, seen } from './standard.ts';
import { removeForwarding } from './unplug.ts';

const range = z.string().regex(/^\d+(:\d+)?$/);
const port = z.int().min(1).max(65_535);
const wanted = z.strictObject({
  port_forwarding: z.strictObject({
    protocol: z.enum(['tcp', 'udp', 'icmp', 'icmp6', 'sctp', 'dccp']),
    external_port: port.nullable().optional(),
    external_port_range: range.nullable().optional(),
    internal_port: port.nullable().optional(),
    internal_port_range: range.nullable().optional(),
    internal_ip_address: z.string().optional(),
    internal_port_id: z.string(),
    description: z.string().max(255).default(''),
  }),
});
type Wanted = z.infer<typeof wanted>['port_forwarding'];
type Range = readonly [number, number];

const refused = (says: string) => badRequest(`Bad port_forwarding request: ${says}`, 'BadRequest');

function rangeOf(single: number | null | undefined, several: string | null | undefined): Range {
  const [from = 0, to = from] = (several ?? String(single)).split(':').map(Number);
  return [from, to];
}

/** A single port is shown as a range, too (neutron/objects/port_forwarding.py). */
function view(one: PortForwarding): Record<string, unknown> {
  const shown = (name: 'external' | 'internal'): object => {
    const [from, to] = one[name];
    return { ...(from === to ? { [`${name}_port`]: from } : {}), [`${name}_port_range`]: `${from}:${to}` };
  };
  const { id, protocol, internal_ip_address, internal_port_id, description } = one;
  return { id, protocol, internal_ip_address, internal_port_id, description, ...shown('external'), ...shown('internal') };
}

function floatingOf(call: Call): FloatingIp {
  mustOffer(call.cloud, 'floating-ip-port-forwarding');
  return seen(call, call.cloud.state.floatingIps, missing.floatingIp);
}

/** The port forwardings of a floating IP. */
function forwardingsOf({ state }: Cloud, { id }: FloatingIp): PortForwarding[] {
  return [...state.portForwardings.values()].filter((one) => one.floatingIpId === id);
}

function forwardingOf(call: Call): PortForwarding {
  const found = forwardingsOf(call.cloud, floatingOf(call)).find(({ id }) => id === call.param('forwarding'));
  if (found === undefined)
    throw notFound(`Port Forwarding ${call.param('forwarding')} could not be found.`, 'PortForwardingNotFound');
  return found;
}

const collide = (a: Range, b: Range): boolean => a[0] <= b[1] && b[0] <= a[1];

/** neutron/services/portforwarding/pf_plugin.py, _check_port_collisions. */
function checkCollisions(cloud: Cloud, floating: FloatingIp, made: Omit<PortForwarding, 'id'>): void {
  const alike = [...cloud.state.portForwardings.values()].filter(({ protocol }) => protocol === made.protocol);
  const says = (key: string, a: Range, b: Range): string =>
    `There is a port collision with the ${key}. The following ranges collides: ${a.join(':')} and ${b.join(':')}`;
  for (const one of alike) {
    const sameInside = one.internal_port_id === made.internal_port_id && one.internal_ip_address === made.internal_ip_address;
    if (sameInside && collide(one.internal, made.internal))
      throw refused(says('internal_port_range', one.internal, made.internal));
    if (one.floatingIpId === floating.id && collide(one.external, made.external))
      throw refused(says('external_port_range', one.external, made.external));
  }
}

/** The router between a port and the network of a floating IP. */
function routerFor(cloud: Cloud, floating: FloatingIp, inside: Port, address: string): string {
  const subnet = inside.fixedIps.find(({ ip_address }) => ip_address === address)?.subnet_id;
  if (subnet === undefined)
    throw refused(`Requested internal IP address ${address} is not suitable for internal neutron port ${inside.id}`);
  const found = [...cloud.state.routers.values()].find(
    (one) =>
      one.gateway?.networkId === floating.networkId &&
      interfacesOf(cloud, one).some((leg) => leg.fixedIps.some(({ subnet_id }) => subnet_id === subnet)),
  );
  if (found === undefined)
    throw refused(
      `External network ${floating.networkId} is not reachable from subnet ${subnet}. Cannot set Port forwarding for port ${inside.id}`,
    );
  if (floating.routerId !== null && floating.routerId !== found.id)
    throw refused(
      `The Floating IP ${floating.id} had been set on router ${floating.routerId}, the internal Neutron port ${inside.id} can not reach it`,
    );
  return found.id;
}

function create(call: Call): Answer {
  const { cloud } = call;
  const floating = floatingOf(call);
  mustOwn(call, floating, 'create_floatingip_port_forwarding');
  const given: Wanted = parse(wanted, call.body).port_forwarding;
  const inside = cloud.state.ports.get(given.internal_port_id);
  if (inside === undefined || !mayUse(call.caller, inside.project)) throw missing.port(given.internal_port_id);
  const address =
    given.internal_ip_address ?? inside.fixedIps.find(({ ip_address }) => ip_address.includes('.'))?.ip_address ?? '';
  const made = {
    floatingIpId: floating.id,
    protocol: given.protocol,
    external: rangeOf(given.external_port, given.external_port_range),
    internal: rangeOf(given.internal_port, given.internal_port_range),
    internal_ip_address: address,
    internal_port_id: inside.id,
    description: given.description,
  };
  checkCollisions(cloud, floating, made);
  const other = [...cloud.state.floatingIps.values()].find(({ portId }) => portId === inside.id);
  if (other !== undefined)
    throw conflict(
      `Cannot create port forwarding to floating IP ${other.address} (${other.id}) with port ${inside.id} using fixed IP ${address}, as that port already has a binding floating IP.`,
      'PortHasBindingFloatingIP',
    );
  if (floating.portId !== null)
    throw conflict(
      `Cannot associate floating IP ${floating.address} (${floating.id}) with port ${inside.id} using fixed IP ${address}, as that fixed IP already has a floating IP on external network ${floating.networkId}.`,
      'FloatingIPPortAlreadyAssociated',
    );
  floating.routerId = routerFor(cloud, floating, inside, address);
  const one: PortForwarding = { id: newUuid(), ...made };
  cloud.state.portForwardings.set(one.id, one);
  cloud.changed();
  return { status: 201, body: { port_forwarding: view(one) } };
}

/** Refuses what a floating IP that forwards ports cannot have done to it. */
export function mustForwardNothing(cloud: Cloud, floating: FloatingIp): void {
  if (forwardingsOf(cloud, floating).length > 0)
    throw conflict(`Floating IP ${floating.id} in use by Port Forwarding resources.`, 'FipInUseByPortForwarding');
}

/**
 * Port forwardings of floating IPs, as a cloud has them that does not show them in the floating IP
 * (neutron/services/portforwarding/pf_plugin.py, without expose_port_forwarding_in_fip).
 */
export const portForwardingRoutes: readonly Route[] = [
  route('network', 'GET', '/v2.0/floatingips/:id/port_forwardings', (call) =>
    listAnswer(call, 'port_forwardings', forwardingsOf(call.cloud, floatingOf(call)).map(view), [
      'id',
      'external_port',
      'external_port_range',
      'protocol',
      'internal_port_id',
    ]),
  ),
  route('network', 'POST', '/v2.0/floatingips/:id/port_forwardings', create),
  route('network', 'GET', '/v2.0/floatingips/:id/port_forwardings/:forwarding', (call) => ({
    status: 200,
    body: { port_forwarding: view(forwardingOf(call)) },
  })),
  route('network', 'DELETE', '/v2.0/floatingips/:id/port_forwardings/:forwarding', (call) => {
    mustOwn(call, floatingOf(call), 'delete_floatingip_port_forwarding');
    removeForwarding(call.cloud, forwardingOf(call));
    return { status: 204 };
  }),
];
