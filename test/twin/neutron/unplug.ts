import type { Cloud } from '../cloud.ts';
import type { Port, PortForwarding } from './model.ts';
import { bump } from './standard.ts';

/**
 * Ports that Neutron makes for itself and removes together with the network or subnet they serve.
 */
export const isAutoDeleted = (port: Port): boolean =>
  port.deviceOwner === 'network:dhcp' || port.deviceOwner === 'network:distributed';

/** Removes a port, and what is forwarded to it; its floating IP then points to nothing. */
export function removePort(cloud: Cloud, port: Port): void {
  cloud.state.ports.delete(port.id);
  for (const floating of cloud.state.floatingIps.values()) {
    if (floating.portId !== port.id) continue;
    floating.portId = null;
    floating.fixedIp = null;
    floating.routerId = null;
    floating.status = 'DOWN';
    bump(cloud, floating);
  }
  for (const one of [...cloud.state.portForwardings.values()]) if (one.internal_port_id === port.id) removeForwarding(cloud, one);
  for (const server of cloud.state.servers.values()) {
    server.portIds = server.portIds.filter((id) => id !== port.id);
    server.ownPortIds = server.ownPortIds.filter((id) => id !== port.id);
  }
  cloud.changed();
}

/** Removes a port forwarding; the last one frees its floating IP from the router. */
export function removeForwarding(cloud: Cloud, { id, floatingIpId }: PortForwarding): void {
  cloud.state.portForwardings.delete(id);
  const isLast = ![...cloud.state.portForwardings.values()].some((one) => one.floatingIpId === floatingIpId);
  const floating = cloud.state.floatingIps.get(floatingIpId);
  if (isLast && floating !== undefined) floating.routerId = null;
  cloud.changed();
}
