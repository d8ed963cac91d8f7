import { isIPv4, isIPv6 } from 'node:net';

/** An address as a number, and how many bits its family has. */
export interface Ip {
  readonly value: bigint;
  readonly bits: 32 | 128;
}

/** Reads an address; null where it is none. */
export function parseIp(text: string): Ip | null {
  if (isIPv4(text)) return { value: text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n), bits: 32 };
  if (!isIPv6(text)) return null;
  // The URL parser settles the many spellings of IPv6 (RFC 5952); what remains is at most one `::`.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const front = groups(head);
  const back = groups(tail ?? '');
  const all = tail === undefined ? front : [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
  return { value: all.reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n), bits: 128 };
}

/** Writes an address in lower case and in its shortest form, as RFC 5952 does. */
export function formatIp({ value, bits }: Ip): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 65535n).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** The first and last address of a CIDR or of a single address; null where it is neither. */
function rangeOf(cidr: string): { readonly first: Ip; readonly last: Ip } | null {
  const [address = '', length] = cidr.split('/');
  const ip = parseIp(address);
  if (ip === null) return null;
  const host = BigInt(ip.bits - (length === undefined ? ip.bits : Number(length)));
  const first = (ip.value >> host) << host;
  return { first: { ...ip, value: first }, last: { ...ip, value: first + (1n << host) - 1n } };
}

/** A CIDR in one spelling: masked, with its length, lower case. What is no CIDR stays as it is. */
export function canonicalCidr(cidr: string): string {
  const range = rangeOf(cidr);
  if (range === null) return cidr;
  return `${formatIp(range.first)}/${cidr.split('/')[1] ?? range.first.bits}`;
}

/** An address in one spelling. */
export function canonicalIp(address: string): string {
  const ip = parseIp(address);
  return ip === null ? address : formatIp(ip);
}

/** Whether two CIDRs share an address. */
export function overlap(a: string, b: string): boolean {
  const one = rangeOf(a);
  const other = rangeOf(b);
  if (one === null || other === null || one.first.bits !== other.first.bits) return false;
  return one.first.value <= other.last.value && other.first.value <= one.last.value;
}

/** Whether an address lies in a CIDR. */
export function contains(cidr: string, address: string): boolean {
  return overlap(cidr, address);
}
