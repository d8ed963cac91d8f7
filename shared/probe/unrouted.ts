import { BlockList, isIPv6 } from 'node:net';
import { canonicalIp } from '../ip.ts';
import { ownAddresses } from '../own-addresses.ts';

/** What no router passes on: an address of no machine, of many, or of the link alone. */
const unrouted = new BlockList();
unrouted.addSubnet('0.0.0.0', 8, 'ipv4');
unrouted.addSubnet('169.254.0.0', 16, 'ipv4');
unrouted.addSubnet('224.0.0.0', 3, 'ipv4');
unrouted.addAddress('::', 'ipv6');
unrouted.addSubnet('fe80::', 10, 'ipv6');
unrouted.addSubnet('ff00::', 8, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

let areGuestsHere = false;

/** Has this machine's own addresses probed: the guests of a test are there. */
export function haveGuestsHere(): void {
  areGuestsHere = true;
}

/**
 * Whether no guest can be reached at an address: a probe of it would ask the machine that probes,
 * or the metadata service of its own cloud. Tenants choose the addresses of their networks.
 */
export function isUnrouted(address: string): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  return unrouted.check(address, family) || (!areGuestsHere && (loopback.check(address, family) || isOwn(address)));
}

/** Interfaces come and go while a daemon runs. Where they cannot be read, any may be its own. */
function isOwn(address: string): boolean {
  const own = ownAddresses();
  return own === null || own.some((one) => canonicalIp(one.address) === canonicalIp(address));
}
