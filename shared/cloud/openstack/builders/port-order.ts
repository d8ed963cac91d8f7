import type { ApiPort, ApiServer } from '../api.ts';
import { compare } from '../attributes/differences.ts';

/**
 * The ports of a server in the wanted order, unless Nova contradicts it: Nova shows the order of
 * the networks and of the ports in each. A reported difference is therefore real.
 */
export function orderOf(server: ApiServer, wanted: readonly string[], ports: readonly ApiPort[]): readonly string[] {
  const present = wanted.filter((id) => ports.some((port) => port.id === id));
  const others = ports.map((port) => port.id).filter((id) => !wanted.includes(id));
  if (others.length > 0 || present.length < wanted.length) return [...present, ...others];
  const idOf = new Map(ports.map((port) => [port.mac_address.toLowerCase(), port.id]));
  const networks = Object.values(server.addresses).map((entries) => [
    ...new Set(entries.flatMap((entry) => idOf.get((entry['OS-EXT-IPS-MAC:mac_addr'] ?? '').toLowerCase()) ?? [])),
  ]);
  const place = new Map(wanted.map((id, index) => [id, index]));
  const ascends = (ids: readonly string[]): boolean =>
    ids.every((id, i) => i === 0 || (place.get(ids[i - 1] ?? '') ?? 0) < (place.get(id) ?? 0));
  return networks.every(ascends) && ascends(networks.flatMap((ids) => ids.slice(0, 1))) ? wanted : networks.flat();
}

/**
 * The ports of a running server that carry nothing. Nova waits for each to be wired, unless it was
 * told not to (nova.conf, `vif_plugging_is_fatal`): the guest then runs without network.
 */
export function unwired(ports: readonly ApiPort[]): string[] {
  return ports
    .filter((port) => port['admin_state_up'] !== false && port['status'] !== undefined)
    .flatMap((port) => {
      const called = port.fixed_ips.map(({ ip_address }) => ip_address).join(' ') || port.mac_address;
      return compare({ [`status of port ${called}`]: ['ACTIVE', port['status']] });
    });
}
