import type { Cloud } from '../cloud.ts';
import type { Port } from './model.ts';
import { bump } from './standard.ts';

/**
 * Ports that Neutron makes for itself and removes together with the network or subnet they serve.
 */
export const isAutoDeleted = (port: Port): boolean =>
  port.deviceOwner === 'network:dhcp' || port.deviceOwner === 'network:distributed';

/** Removes a port; a floating IP that pointed to it points to nothing. */
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
  for (const server of cloud.state.servers.values()) {
    server.portIds = server.portIds.filter((id) => id !== port.id);
    server.ownPortIds = server.ownPortIds.filter((id) => id !== port.id);
  }
  cloud.changed();
}
