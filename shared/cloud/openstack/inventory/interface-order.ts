import type { ApiPort, ApiServer } from '../api.ts';

/**
 * Sorts a server's ports by interface. Nova shows the order within each network (`addresses`), and
 * the ports' age decides across networks; `certain` is false if the result is a guess.
 */
export function inInterfaceOrder(server: ApiServer, ports: readonly ApiPort[]): { ports: readonly ApiPort[]; certain: boolean } {
  const told = Object.values(server.addresses).map((entries) => [...new Set(entries.map(macOf))]);
  const macs = told.flat();
  const rank = (port: ApiPort): number => {
    const index = macs.indexOf(port.mac_address.toLowerCase());
    return index === -1 ? macs.length : index;
  };
  const byAge = [...ports].sort((a, b) => (a.created_at ?? '').localeCompare(b.created_at ?? ''));
  const byNova = [...byAge].sort((a, b) => rank(a) - rank(b));
  const interleave = told.length > 1 && told.some((network) => network.length > 1);
  if (!interleave) return { ports: byNova, certain: byNova.filter((port) => rank(port) === macs.length).length < 2 };
  return agrees(byAge, told) ? { ports: byAge, certain: distinctAges(byAge) } : { ports: byNova, certain: false };
}

function agrees(ports: readonly ApiPort[], told: readonly (readonly string[])[]): boolean {
  const order = ports.map((port) => port.mac_address.toLowerCase());
  const ascends = (macs: readonly string[]): boolean =>
    macs.every((mac, i) => i === 0 || order.indexOf(macs[i - 1] ?? '') < order.indexOf(mac));
  return told.every(ascends) && ascends(told.flatMap((network) => network.slice(0, 1)));
}

function distinctAges(ports: readonly ApiPort[]): boolean {
  return new Set(ports.map((port) => port.created_at)).size === ports.length;
}

const macOf = (entry: { readonly 'OS-EXT-IPS-MAC:mac_addr'?: string }): string =>
  (entry['OS-EXT-IPS-MAC:mac_addr'] ?? '').toLowerCase();
