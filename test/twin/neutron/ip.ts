import { isIP } from 'node:net';

/** An address as a number; `version` tells how wide it is. */
export interface Address {
  readonly version: 4 | 6;
  readonly value: bigint;
}

/** A prefix: its first address and its length. */
export interface Prefix extends Address {
  readonly length: number;
}

const width = (version: 4 | 6): number => (version === 4 ? 32 : 128);

/** Reads an address of either version; undefined if it is none. */
export function readAddress(text: string): Address | undefined {
  const version = isIP(text);
  if (version === 4) return { version: 4, value: fromBytes(text.split('.').map(Number)) };
  if (version !== 6 || text.includes('%')) return undefined;
  return { version: 6, value: readSix(text) };
}

const fromBytes = (bytes: readonly number[]): bigint => bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);

function readSix(text: string): bigint {
  // A dotted tail counts as two groups.
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const plain = dotted === null ? text : `${dotted[1]}${hexPair(dotted[2], dotted[3])}:${hexPair(dotted[4], dotted[5])}`;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = Array.from({ length: tail === undefined ? 0 : 8 - left.length - right.length }, () => '0');
  return [...left, ...middle, ...right].reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n);
}

const hexPair = (high = '0', low = '0'): string => (Number(high) * 256 + Number(low)).toString(16);

/** Writes an address in its canonical form (RFC 5952 for version 6). */
export function writeAddress({ version, value }: Address): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const runs = [
    ...groups
      .map((group) => (group === '0' ? '0' : '.'))
      .join('')
      .matchAll(/0{2,}/g),
  ];
  const longest = runs.reduce<RegExpExecArray | undefined>(
    (best, run) => (best !== undefined && best[0].length >= run[0].length ? best : run),
    undefined,
  );
  if (longest === undefined) return groups.join(':');
  return `${groups.slice(0, longest.index).join(':')}::${groups.slice(longest.index + longest[0].length).join(':')}`;
}

/** Reads `address/length`; a missing length means one address. Undefined if it is no prefix. */
export function readPrefix(text: string): Prefix | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const read = readAddress(address);
  if (read === undefined || rest.length > 0 || (length !== undefined && !/^\d+$/.test(length))) return undefined;
  const bits = length === undefined ? width(read.version) : Number(length);
  return bits <= width(read.version) ? { ...read, length: bits } : undefined;
}

/** The first address of the network a prefix lies in. */
export function networkOf(prefix: Prefix): Prefix {
  const hostBits = BigInt(width(prefix.version) - prefix.length);
  return { ...prefix, value: (prefix.value >> hostBits) << hostBits };
}

/** Writes a prefix. */
export const writePrefix = (prefix: Prefix): string => `${writeAddress(prefix)}/${prefix.length}`;

/** How many addresses a prefix holds. */
export const sizeOf = (prefix: Prefix): bigint => 1n << BigInt(width(prefix.version) - prefix.length);

/** Whether an address lies in a prefix. */
export function holds(prefix: Prefix, address: Address): boolean {
  const first = networkOf(prefix).value;
  return prefix.version === address.version && address.value >= first && address.value < first + sizeOf(prefix);
}

/** Whether two prefixes share an address. */
export const overlap = (left: Prefix, right: Prefix): boolean => holds(left, networkOf(right)) || holds(right, networkOf(left));

/**
 * The address that stateless autoconfiguration makes of a prefix and a MAC address (RFC 4291,
 * appendix A).
 */
export function autoconfigured(prefix: Prefix, mac: string): string {
  const bytes = mac.split(':').map((part) => Number.parseInt(part, 16));
  const [a = 0, b = 0, c = 0, ...rest] = bytes;
  const value = networkOf(prefix).value + fromBytes([a ^ 2, b, c, 0xff, 0xfe, ...rest]);
  return writeAddress({ version: 6, value });
}
