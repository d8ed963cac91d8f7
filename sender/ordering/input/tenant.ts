import type { Configurations } from '../../../shared/model/configurations.ts';
import { Problem } from '../../../shared/problem.ts';
import type { RoundLimits } from '../../migration/round.ts';
import { parseRate } from '../../model/bandwidth.ts';
import type { Plan } from '../../model/plan.ts';
import { compareText } from '../math/compare-text.ts';
import type { Host } from '../placement/place.ts';
import type { OlderInput } from '../traffic/import-older.ts';
import { type FlowMatrix, outside } from '../traffic/matrix.ts';
import { type MovingServer, olderServers, serversOf, unknownServer } from './moving-server.ts';

/** The servers that move, their traffic, and their order so far. */
export interface Tenant {
  readonly servers: readonly MovingServer[];
  readonly traffic: FlowMatrix;
  /** The waves of the plan, or all servers in the order of the document. */
  readonly given: readonly (readonly string[])[];
  /** Which file the order comes from. */
  readonly givenBy: 'plan' | 'document' | 'matrix';
  readonly parallel: number;
  readonly pauseMs: number;
  /** Rolling waves: farms that move in two halves. */
  readonly rolling: readonly (readonly string[])[];
  /**
   * The plan's limit in bytes a second; null where there is none, or where it depends on the hour.
   */
  readonly bandwidth: number | null;
  /** What ends the rounds of warm moves. */
  readonly rounds: RoundLimits;
  /** Whether the plan has a calendar. */
  readonly calendar: boolean;
  /** The hosts of the older analyser's input. */
  readonly hosts: readonly Host[];
}

/** The parsed files. */
export interface TenantFiles {
  readonly traffic: FlowMatrix;
  readonly documents: readonly Configurations[];
  readonly plan: Plan | null;
  readonly older: readonly OlderInput[];
}

/**
 * The servers of the plan, else those of the documents, else those of the matrix. Throws E_PLAN
 * where the plan names a server twice, or one that is not in the documents.
 */
export function tenantOf({ traffic, documents, plan, older }: TenantFiles): Tenant {
  const known = new Map([...documents.flatMap(serversOf), ...older.flatMap(olderServers)].map((server) => [server.id, server]));
  const { delay_seconds = 0, parallel = 1, mode = 'cold' } = plan?.options ?? {};
  const farms = plan?.waves.filter(({ rolling }) => rolling === true) ?? [];
  const rest = {
    traffic,
    parallel,
    pauseMs: 1000 * delay_seconds,
    hosts: older.flatMap(({ hosts }) => hosts),
    rolling: farms.map((wave) => wave.servers.map(({ id }) => id)),
    calendar: plan?.calendar !== undefined,
    // Without a plan nothing moves warm.
    rounds: { rounds: plan?.options.rounds ?? 1, round_threshold_mib: plan?.options.round_threshold_mib ?? 0 },
    bandwidth: typeof plan?.bandwidth === 'string' ? (parseRate(plan.bandwidth) ?? null) : null,
  };
  if (plan !== null) {
    const listed = plan.waves.flatMap(({ servers }) => servers);
    for (const [index, { id, name = '' }] of listed.entries()) {
      if (listed.findIndex((other) => other.id === id) !== index)
        throw new Problem('E_PLAN', `The plan has server ${name || id} twice.`, { about: id });
      if (documents.length > 0 && !known.has(id))
        throw new Problem('E_PLAN', `The plan names server ${name || id}, which is not in the document.`, {
          about: id,
          hint: 'Give the document that was captured for this plan, or none.',
        });
    }
    const servers = listed.map(({ id, name, mode: own = mode }) => {
      const server = known.get(id) ?? unknownServer(id, name);
      return { ...server, warm: own === 'warm' };
    });
    const given = plan.waves.map((wave) => wave.servers.map(({ id }) => id));
    return { ...rest, servers, given, givenBy: 'plan' };
  }
  const named = traffic.conversations.flatMap(({ initiator, responder }) => [initiator, responder]);
  const servers =
    known.size > 0
      ? [...known.values()]
      : [...new Set(named)]
          .filter((id) => id !== outside)
          .sort(compareText)
          .map((id) => unknownServer(id));
  return { ...rest, servers, given: [servers.map(({ id }) => id)], givenBy: known.size > 0 ? 'document' : 'matrix' };
}
