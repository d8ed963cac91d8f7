import { compareText } from '../math/compare-text.ts';
import type { FlowMatrix } from '../traffic/matrix.ts';
import type { NamedServer } from '../traffic/named-server.ts';
import { trafficPairs } from '../traffic/pairs.ts';
import { clusterServers } from './clusters.ts';
import { describeService } from './description.ts';
import type { Service, ServiceMembers } from './service.ts';
import { serviceName } from './service-name.ts';
import { tierMembers } from './tiers.ts';

/**
 * `noise`, from 0 to 1: how much two servers must exchange to be of one service, see
 * `clusterServers`.
 */
export interface ServiceOptions {
  readonly groups?: readonly ServiceMembers[] | undefined;
  readonly noise?: number | undefined;
}

/** Five hundredths of the geometric mean of what the two exchange with all. */
const defaultNoise = 0.05;

/**
 * Finds the services of a tenant: the operator's, and clusters of the other servers. Every server
 * is in exactly one. The order of the input makes no difference.
 */
export function findServices(traffic: FlowMatrix, subjects: readonly NamedServer[], options: ServiceOptions = {}): Service[] {
  const { groups = [], noise = defaultNoise } = options;
  const known = new Set(subjects.map(({ id }) => id));
  const pairs = trafficPairs(traffic).filter(({ a, b }) => known.has(a) && known.has(b));
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
  const found = clusterServers(free, pairs, noise).map((members) => ({ name: '', members, by: 'traffic' as const }));
  const used = new Set(own.map(({ name }) => name));
  const nameById = new Map(subjects.map(({ id, name }) => [id, name]));
  return [...own, ...found].map(({ name, members, by }) => {
    const parts = tierMembers(members, traffic);
    const called = by === 'operator' ? name : serviceName(parts, nameById, used);
    used.add(called);
    const inside = new Set(members);
    const sum = (count: (ends: number) => boolean): number =>
      pairs.reduce((bytes, { a, b, bytes: own }) => bytes + (count(Number(inside.has(a)) + Number(inside.has(b))) ? own : 0), 0);
    const service = {
      name: called,
      parts,
      by,
      servers: parts.map(({ server }) => server),
      exposed: parts.some(({ exposed }) => exposed),
      innerBytes: sum((ends) => ends === 2),
      crossBytes: sum((ends) => ends === 1),
    };
    return { ...service, says: describeService(service, traffic, nameById) };
  });
}
