import { canonicalCidr, canonicalIp } from '../../../ip.ts';

/** A list in one order, where order means nothing. */
export function unordered<T>(values: readonly T[]): T[] {
  return [...values].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

/** A dictionary in the order of its names. */
export function byName(values: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(values).sort(([a], [b]) => a.localeCompare(b));
}

/** An address, or none. */
export function ip(address: string | null): string | null {
  return address === null ? null : canonicalIp(address);
}

/** Static routes, in one order. */
export function routes(all: readonly { readonly destination: string; readonly nexthop: string }[]): string[] {
  return unordered(all.map((route) => `${canonicalCidr(route.destination)} via ${canonicalIp(route.nexthop)}`));
}

/** Ranges of addresses, in one order. */
export function pools(all: readonly { readonly start: string; readonly end: string }[]): string[] {
  return unordered(all.map((pool) => `${canonicalIp(pool.start)}-${canonicalIp(pool.end)}`));
}

/** Addresses in subnets, in one order. */
export function fixedIps(all: readonly { readonly subnet_id: string; readonly ip_address: string }[]): string[] {
  return unordered(all.map((fixed) => `${fixed.subnet_id} ${canonicalIp(fixed.ip_address)}`));
}

/** Text without regard to capitals. */
export function lowerCase(text: string): string {
  return text.toLowerCase();
}
