import type { UnseenInterface } from '../../source-cloud.ts';
import type { ApiPort, ApiServer } from '../api.ts';

/**
 * The interfaces of a server without a port among those that were read. Nova shows the MAC and
 * addresses of each, Neutron only the ports that the credentials may read.
 */
export function unseenInterfaces(server: ApiServer, ports: readonly ApiPort[]): UnseenInterface[] {
  const seen = new Set(ports.filter((port) => port.device_id === server.id).map((port) => port.mac_address.toLowerCase()));
  return Object.entries(server.addresses).flatMap(([network, entries]) =>
    entries.flatMap((entry) => {
      const mac = entry['OS-EXT-IPS-MAC:mac_addr']?.toLowerCase();
      if (entry['OS-EXT-IPS:type'] === 'floating' || mac === undefined || seen.has(mac)) return [];
      return [{ mac, says: `${entry.addr} (${mac}) on ${network}` }];
    }),
  );
}
