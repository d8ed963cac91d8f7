import { compareText, type Traffic } from '../traffic/matrix.ts';
import { pairsOf } from '../traffic/pairs.ts';
import { clustersOf } from './clusters.ts';
import { explain } from './description.ts';
import { nameOf } from './service-name.ts';
import { type Part, partsOf } from './tiers.ts';

/** A server as the analysis needs it. */
export interface Subject {
  readonly id: string;
  readonly name: string;
}

/** The operator's own word on what belongs together; its servers are in no other service. */
interface OwnGroup {
  readonly name: string;
  readonly servers: readonly string[];
}

/** A service that was found, or that the operator named. */
export interface Service {
  readonly name: string;
  /** Server ids, those nearest to its users first. */
  readonly servers: readonly string[];
  readonly parts: readonly Part[];
  /** Whether servers outside the tenant ask it. */
  readonly exposed: boolean;
  /** Bytes among its servers, and with other servers of the tenant. */
  readonly innerBytes: number;
  readonly crossBytes: number;
  /** Who says so. */
  readonly by: 'operator' | 'traffic';
  /** What was seen, for people. */
  readonly says: readonly string[];
}

/** How services are told apart. `noise`: the least association of two servers that counts as a bond, between 0 and 1. */
export interface ServiceOptions {
  readonly groups?: readonly OwnGroup[] | undefined;
  readonly noise?: number | undefined;
}

/** Two servers are bonded from five hundredths of what they could exchange on. */
const defaultNoise = 0.05;

/**
 * Finds the services of a tenant: the operator's groups, and among the other servers those that talk enough with each other.
 * Every server is in exactly one; a server that hardly talks is one of its own. The same traffic gives the same services, in whatever order it comes.
 */
export function findServices(traffic: Traffic, subjects: readonly Subject[], options: ServiceOptions = {}): Service[] {
  const { groups = [], noise = defaultNoise } = options;
  const known = new Set(subjects.map(({ id }) => id));
  const pairs = pairsOf(traffic).filter(({ a, b }) => known.has(a) && known.has(b));
  const taken = new Set<string>();
  const own = groups.flatMap(({ name, servers }) => {
    const members = [...new Set(servers)].filter((id) => known.has(id) && !taken.has(id));
    for (const id of members) taken.add(id);
    return members.length === 0 ? [] : [{ name, members, by: 'operator' as const }];
  });
  const free = subjects
    .map(({ id }) => id)
    .filter((id) => !taken.has(id))
    .sort(compareText);
  const found = clustersOf(free, pairs, noise).map((members) => ({ name: '', members, by: 'traffic' as const }));
  const used = new Set(own.map(({ name }) => name));
  const nameById = new Map(subjects.map(({ id, name }) => [id, name]));
  return [...own, ...found].map(({ name, members, by }) => {
    const parts = partsOf(members, traffic);
    const called = by === 'operator' ? name : nameOf(parts, nameById, used);
    used.add(called);
    const inside = new Set(members);
    const sum = (count: (ends: number) => boolean): number =>
      pairs.reduce((bytes, { a, b, bytes: own }) => bytes + (count(Number(inside.has(a)) + Number(inside.has(b))) ? own : 0), 0);
    const service = {
      ...{ name: called, parts, by, servers: parts.map(({ server }) => server), exposed: parts.some(({ exposed }) => exposed) },
      ...{ innerBytes: sum((ends) => ends === 2), crossBytes: sum((ends) => ends === 1) },
    };
    return { ...service, says: explain(service, traffic, nameById) };
  });
}
