import { compareText } from '../math/compare-text.ts';
import type { ServiceMembers } from '../services/service.ts';
import type { TimedServer } from './request.ts';

const rounds = 4;

/**
 * Mixes two 32-bit numbers into one by the finaliser of MurmurHash3, which is in the public domain.
 */
function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

function mixNumber(hash: number, value: number): number {
  return mix(mix(hash, value | 0), Math.floor(value / 2 ** 32) | 0);
}

/**
 * Ranks servers by their role in the request: colour refinement (Weisfeiler and Leman) over times,
 * traffic, services and constraints, then by id. Names and input order change nothing.
 */
export function canonicalRanks(
  servers: readonly TimedServer[],
  pairs: readonly { a: number; b: number; bytes: number }[],
  services: readonly (readonly number[])[],
  groups: readonly (readonly number[])[],
  befores: readonly { first: number; later: number }[],
  serviceInfo: readonly ServiceMembers[],
): number[] {
  let colours = servers.map(({ beforeMs = 0, downMs, bytes = 0 }) =>
    mixNumber(mixNumber(mixNumber(1, Math.round(beforeMs)), Math.round(downMs)), Math.round(bytes)),
  );
  for (let round = 0; round < rounds; round++) {
    const sums = colours.map(() => 0);
    // Sums make the result independent of the order of neighbours.
    const add = (index: number, value: number): void => {
      sums[index] = ((sums[index] as number) + value) | 0;
    };
    const colour = (index: number): number => colours[index] as number;
    for (const { a, b, bytes } of pairs) {
      add(a, mixNumber(colour(b), bytes));
      add(b, mixNumber(colour(a), bytes));
    }
    for (const { first, later } of befores) {
      add(first, mix(colour(later), 3));
      add(later, mix(colour(first), 5));
    }
    for (const [kind, sets] of [services, groups].entries())
      for (const [index, set] of sets.entries()) {
        const weight = kind === 0 ? Math.round((serviceInfo[index]?.weight ?? 1) * 1e6) : 0;
        const whole = set.reduce((sum, member) => (sum + mix(colour(member), 7 + kind)) | 0, mixNumber(11 + kind, weight));
        for (const member of set) add(member, mix(whole, 13 + kind));
      }
    colours = colours.map((own, index) => mix(own, sums[index] as number));
  }
  const inOrder = servers
    .map(({ id }, index) => ({ id, index, colour: colours[index] as number }))
    .sort((x, y) => x.colour - y.colour || compareText(x.id, y.id));
  const ranks = Array<number>(servers.length).fill(0);
  for (const [rank, { index }] of inOrder.entries()) ranks[index] = rank;
  return ranks;
}
