import { Problem } from '../../../shared/problem.ts';
import type { Tenant } from '../input/tenant.ts';
import { type Host, placeServers, zonesOf } from '../placement/place.ts';
import type { TrafficPair } from '../traffic/pairs.ts';
import type { Analysis } from './analysis.ts';

/**
 * Places the servers on the given hosts, or on those of the older analyser's input. That nothing
 * fits is an answer and not a failure. Throws E_USAGE where a server's size is unknown.
 */
export function proposePlacement(
  tenant: Tenant,
  givenHosts: readonly Host[],
  pairs: readonly TrafficPair[],
  seed: number,
): Pick<Analysis, 'placement' | 'misplaced'> {
  const hosts = givenHosts.length > 0 ? givenHosts : tenant.hosts;
  const unsized = tenant.servers.find(({ sizes }) => sizes === null);
  if (hosts.length === 0 || (givenHosts.length === 0 && unsized !== undefined)) return { placement: null, misplaced: null };
  if (unsized !== undefined)
    throw new Problem('E_USAGE', `The size of ${unsized.name} is not known: give the --document that holds the server.`, {
      about: unsized.id,
    });
  const servers = tenant.servers.flatMap(({ id, sizes }) => (sizes === null ? [] : [{ id, ...sizes }]));
  try {
    const placement = placeServers({ servers, hosts, pairs, seed });
    return { placement: { ...placement, zones: zonesOf(placement, hosts) }, misplaced: null };
  } catch (error) {
    if (error instanceof Problem && error.code === 'E_PLACEMENT') return { placement: null, misplaced: error };
    throw error;
  }
}
