import type { ApiPort, ApiServer } from '../api.ts';
import type { Site } from './site.ts';

/**
 * The ports of a server in the wanted order, unless Nova contradicts it: Nova shows the order of
 * the networks and of the ports in each. A reported difference is therefore real.
 */
export async function orderOf(
  site: Site,
  server: ApiServer,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const ports = await site.network<ApiPort>('/ports', 'ports', { device_id: server.id }, signal);
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
