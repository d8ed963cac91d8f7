import type { Cloud } from '../cloud.ts';
import { mayUse } from '../policy.ts';
import { badRequest, conflict, notFound } from '../refusal.ts';
import type { Call } from '../route.ts';
import { ipAddress, orNull, readPost, readPut, text, uuid } from './attributes.ts';
import { collectionRoutes } from './collection.ts';
import type { FloatingIp, Port, Router } from './model.ts';
import { mustForwardNothing } from './port-forwardings.ts';
import { plainWish, plugPort } from './ports.ts';
import { policyFor, policyShown } from './qos.ts';
import { interfacesOf } from './routers.ts';
import { bump, checkQuota, missing, newStandard, standardView } from './standard.ts';
import { removePort } from './unplug.ts';

/** How long the L3 agent takes to wire an address. */
const agentMs = 300;

const attributes = {
  floating_network_id: { check: uuid, put: false },
  port_id: { check: orNull(uuid), fallback: null },
  fixed_ip_address: { check: orNull(ipAddress), fallback: null },
  floating_ip_address: { check: orNull(ipAddress), fallback: null, adminOnly: true, put: false },
  subnet_id: { check: orNull(uuid), fallback: null, put: false },
  description: { check: text(), fallback: '' },
  qos_policy_id: { check: orNull(uuid), fallback: null },
  dns_name: { check: text(), fallback: '' },
  dns_domain: { check: text(), fallback: '' },
};

function floatingView(cloud: Cloud, floating: FloatingIp): Record<string, unknown> {
  const port = floating.portId === null ? undefined : cloud.state.ports.get(floating.portId);
  return {
    ...standardView(floating),
    floating_network_id: floating.networkId,
    floating_ip_address: floating.address,
    fixed_ip_address: floating.fixedIp,
    port_id: floating.portId,
    router_id: floating.routerId,
    status: floating.status,
    port_details: port === undefined ? null : portDetails(port),
    ...policyShown(cloud, floating.qosPolicyId, 'qos-fip'),
  };
}

function portDetails(port: Port): Record<string, unknown> {
  return {
    name: port.name,
    network_id: port.networkId,
    mac_address: port.macAddress,
    admin_state_up: port.adminStateUp,
    status: port.status,
    device_id: port.deviceId,
    device_owner: port.deviceOwner,
  };
}

function makeFloatingIp(call: Call, given: Record<string, unknown>): FloatingIp {
  const { cloud } = call;
  const { projectId, values } = readPost(call.caller, 'create_floatingip', attributes, given);
  const network = cloud.state.networks.get(values.floating_network_id);
  if (network === undefined) throw missing.network(values.floating_network_id);
  if (!network.external)
    throw badRequest(`Bad floatingip request: Network ${network.id} is not a valid external network.`, 'BadRequest');
  checkQuota(cloud, projectId, 'floatingip');
  const target = values.port_id === null ? null : targetOf(call, network.id, values.port_id, values.fixed_ip_address);
  const wish = { subnet_id: values.subnet_id ?? undefined, ip_address: values.floating_ip_address ?? undefined };
  const wanted = wish.subnet_id === undefined && wish.ip_address === undefined ? null : [wish];
  const standard = newStandard(projectId, values.description);
  const own = plugPort(cloud, network, '', { ...plainWish, wanted, deviceId: standard.id, deviceOwner: 'network:floatingip' });
  // A floating IP is an IPv4 address, even where the external network has both versions.
  const address = own.fixedIps.find((fixed) => fixed.ip_address.includes('.'))?.ip_address;
  if (address === undefined) {
    removePort(cloud, own);
    throw badRequest(`Bad floatingip request: Network ${network.id} does not contain any IPv4 subnet.`, 'BadRequest');
  }
  const floating: FloatingIp = {
    ...standard,
    networkId: network.id,
    address,
    ownPortId: own.id,
    portId: null,
    fixedIp: null,
    routerId: null,
    status: 'DOWN',
    qosPolicyId: policyFor(call, values.qos_policy_id),
  };
  cloud.state.floatingIps.set(floating.id, floating);
  if (target !== null) point(cloud, floating, target);
  cloud.changed();
  return floating;
}

interface Target {
  readonly port: Port;
  readonly fixedIp: string;
  readonly router: Router;
}

/**
 * The port, address and router that an association leads to, or the refusal that says why there is
 * no way.
 */
function targetOf(call: Call, networkId: string, portId: string, fixedIp: string | null, self?: FloatingIp): Target {
  const { cloud } = call;
  const port = cloud.state.ports.get(portId);
  if (port === undefined || !mayUse(call.caller, port.project)) throw missing.port(portId);
  const candidates = port.fixedIps.filter((fixed) => fixed.ip_address.includes('.'));
  if (candidates.length === 0)
    throw badRequest(
      `Bad floatingip request: Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses.`,
      'BadRequest',
    );
  if (fixedIp === null && candidates.length > 1) {
    throw badRequest(
      `Bad floatingip request: Port ${port.id} has multiple fixed IPv4 addresses. Must provide a specific IPv4 address when assigning a floating IP.`,
      'BadRequest',
    );
  }
  const chosen = fixedIp === null ? candidates[0] : candidates.find((fixed) => fixed.ip_address === fixedIp);
  if (chosen === undefined)
    throw badRequest(`Bad floatingip request: Port ${port.id} does not have fixed ip ${fixedIp}.`, 'BadRequest');
  const other = [...cloud.state.floatingIps.values()].find(
    (each) => each !== self && each.portId === port.id && each.fixedIp === chosen.ip_address && each.networkId === networkId,
  );
  if (other !== undefined) {
    const message = `Cannot associate floating IP ${self?.address ?? other.address} (${self?.id ?? other.id}) with port ${port.id} using fixed IP ${chosen.ip_address}, as that fixed IP already has a floating IP on external network ${networkId}.`;
    throw conflict(message, 'FloatingIPPortAlreadyAssociated');
  }
  const router = [...cloud.state.routers.values()].find(
    (each) =>
      each.gateway?.networkId === networkId &&
      interfacesOf(cloud, each).some((own) => own.fixedIps.some((fixed) => fixed.subnet_id === chosen.subnet_id)),
  );
  if (router === undefined) {
    const message = `External network ${networkId} is not reachable from subnet ${chosen.subnet_id}.  Therefore, cannot associate Port ${port.id} with a Floating IP.`;
    throw notFound(message, 'ExternalGatewayForFloatingIPNotFound');
  }
  return { port, fixedIp: chosen.ip_address, router };
}

/** Points a floating IP to a port; it becomes ACTIVE when the agent has wired it. */
function point(cloud: Cloud, floating: FloatingIp, target: Target | null): void {
  floating.portId = target?.port.id ?? null;
  floating.fixedIp = target?.fixedIp ?? null;
  floating.routerId = target?.router.id ?? null;
  cloud.background.run(async () => {
    await cloud.background.pause(agentMs);
    floating.status = floating.portId === null ? 'DOWN' : 'ACTIVE';
    cloud.changed();
  });
}

function changeFloatingIp(call: Call, floating: FloatingIp, given: Record<string, unknown>): void {
  const { cloud } = call;
  const values = readPut(call.caller, 'update_floatingip', attributes, given);
  if (values.fixed_ip_address && !values.port_id)
    throw badRequest('Bad floatingip request: fixed_ip_address cannot be specified without a port_id.', 'BadRequest');
  // Any change of one that is joined joins it anew, so that of a port with several addresses needs
  // one named again.
  const port = values.port_id === undefined ? floating.portId : values.port_id;
  const target = port === null ? null : targetOf(call, floating.networkId, port, values.fixed_ip_address ?? null, floating);
  if (values.port_id) mustForwardNothing(cloud, floating);
  floating.description = values.description ?? floating.description;
  if (values.qos_policy_id !== undefined) floating.qosPolicyId = policyFor(call, values.qos_policy_id);
  if (values.port_id !== undefined) point(cloud, floating, target);
  bump(cloud, floating);
}

function removeFloatingIp({ cloud }: Call, floating: FloatingIp): void {
  mustForwardNothing(cloud, floating);
  cloud.state.floatingIps.delete(floating.id);
  const own = cloud.state.ports.get(floating.ownPortId);
  if (own !== undefined) removePort(cloud, own);
}

/** Floating IPs. */
export const floatingIpRoutes = collectionRoutes<FloatingIp>({
  one: 'floatingip',
  many: 'floatingips',
  things: ({ cloud }) => cloud.state.floatingIps,
  none: missing.floatingIp,
  view: ({ cloud }, floating) => floatingView(cloud, floating),
  attributes,
  filters: ['router_id', 'status'],
  make: makeFloatingIp,
  change: changeFloatingIp,
  remove: removeFloatingIp,
});
