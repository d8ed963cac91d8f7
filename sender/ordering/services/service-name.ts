import { compareText } from '../math/compare-text.ts';
import type { TierMember } from './tiers.ts';

/**
 * Names a service after its only server, the common prefix of its servers, or its first server. A
 * number makes it unique.
 */
export function serviceName(parts: readonly TierMember[], names: ReadonlyMap<string, string>, used: ReadonlySet<string>): string {
  const own = parts.map(({ server }) => names.get(server) ?? server);
  const shared = parts.length === 1 ? (own[0] ?? '') : withoutNumber(own.reduce(commonPrefix));
  const front = parts.filter(({ tier }) => tier === parts[0]?.tier).map(({ server }) => names.get(server) ?? server);
  const first = [...front].sort(compareText)[0] ?? 'service';
  const base = (shared.length >= 2 || parts.length === 1 ? shared : withoutNumber(first)) || first || 'service';
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base} ${number}`;
    if (!used.has(name)) return name;
  }
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

function withoutNumber(name: string): string {
  return name.replace(/[\s\-_.]*\d*[\s\-_.]*$/u, '').trim();
}
