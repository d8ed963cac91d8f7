import { canonicalCidr, canonicalIp } from '../../../ip.ts';

/** A sorted list, where order has no meaning. */
export function unordered<T>(values: readonly T[]): T[] {
  return [...values].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

/** A dictionary, sorted by key. */
export function byName(values: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(values).sort(([a], [b]) => a.localeCompare(b));
}

/** A canonical address, or null. */
export function ip(address: string | null): string | null {
  return address === null ? null : canonicalIp(address);
}

/** Static routes, sorted. */
export function routes(all: readonly { readonly destination: string; readonly nexthop: string }[]): string[] {
  return unordered(all.map((route) => `${canonicalCidr(route.destination)} via ${canonicalIp(route.nexthop)}`));
}

/** Ranges of addresses, sorted. */
export function pools(all: readonly { readonly start: string; readonly end: string }[]): string[] {
  return unordered(all.map((pool) => `${canonicalIp(pool.start)}-${canonicalIp(pool.end)}`));
}

/** Addresses in subnets, sorted. */
export function fixedIps(all: readonly { readonly subnet_id: string; readonly ip_address: string }[]): string[] {
  return unordered(all.map((fixed) => `${fixed.subnet_id} ${canonicalIp(fixed.ip_address)}`));
}

/** Text in lower case. */
export function lowerCase(text: string): string {
  return text.toLowerCase();
}
