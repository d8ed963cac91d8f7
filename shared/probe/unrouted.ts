import { BlockList, isIPv6 } from 'node:net';

/** What no router passes on: an address of the machine that probes, or of its own link. */
const unrouted = new BlockList();
unrouted.addSubnet('0.0.0.0', 8, 'ipv4');
unrouted.addSubnet('169.254.0.0', 16, 'ipv4');
unrouted.addSubnet('224.0.0.0', 3, 'ipv4');
unrouted.addAddress('::1', 'ipv6');
unrouted.addSubnet('fe80::', 10, 'ipv6');
unrouted.addSubnet('ff00::', 8, 'ipv6');

/**
 * Whether a new server cannot be reached at an address: a probe of it would ask the machine that
 * probes, or the metadata service of its own cloud. Tenants choose the addresses of their networks.
 */
export function isUnrouted(address: string): boolean {
  return unrouted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
