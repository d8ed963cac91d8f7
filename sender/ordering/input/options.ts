import { Problem } from '../../../shared/problem.ts';
import type { OrderRequest, Weights } from '../order/request.ts';
import type { Host } from '../placement/place.ts';
import type { PastCampaign } from '../prediction/backtest.ts';
import type { ServiceMembers } from '../services/service.ts';
import type { AnalyzeFiles } from './files.ts';
import type { AnalyzeFlags } from './flags.ts';
import { parseHostsFile } from './hosts-file.ts';
import { parseServerList, parseServerPair, serverFinder } from './names.ts';
import { parseServicesFile } from './services-file.ts';
import type { Tenant } from './tenant.ts';

/** What the operator asks of the analysis. */
export interface AnalyzeOptions {
  /** How many servers move at once; undefined where the best number is proposed. */
  readonly parallel?: number | undefined;
  readonly limits: NonNullable<OrderRequest['limits']>;
  readonly gapMs: number;
  readonly before: NonNullable<OrderRequest['before']>;
  readonly together: NonNullable<OrderRequest['together']>;
  readonly weights: Partial<Weights>;
  readonly noise?: number | undefined;
  readonly services: readonly ServiceMembers[];
  /** The measured rate of the line in bytes a second. */
  readonly linkRate?: number | undefined;
  /** Earlier campaigns, the oldest first. */
  readonly history: readonly PastCampaign[];
  readonly hosts: readonly Host[];
  readonly seed: number;
}

/**
 * Turns the typed options into those of the analysis. Throws E_USAGE where they name a server that
 * does not move.
 */
export function analyzeOptions(
  flags: AnalyzeFlags,
  { services, hosts, history }: AnalyzeFiles,
  { servers }: Tenant,
): AnalyzeOptions {
  if (flags.write && flags.plan === undefined)
    throw new Problem('E_USAGE', '--write needs --plan, the file to write the waves into.');
  const findBefore = serverFinder(servers, '--before');
  const findTogether = serverFinder(servers, '--together');
  return {
    parallel: flags.parallel,
    limits: {
      servers: flags.waveServers,
      bytes: flags.waveGib === undefined ? undefined : flags.waveGib * 2 ** 30,
      windowMs: flags.waveMinutes === undefined ? undefined : flags.waveMinutes * 60_000,
    },
    gapMs: flags.waveGap ?? 0,
    before: (flags.before ?? []).map((text) => {
      const [first, later] = parseServerPair(text, findBefore, '--before');
      return { first, later };
    }),
    together: (flags.together ?? []).map((text) => parseServerList(text, findTogether)),
    weights: flags.weights,
    noise: flags.noise,
    linkRate: flags.link,
    seed: flags.seed,
    history,
    services: services === null ? [] : parseServicesFile(services, flags.services ?? '', servers),
    hosts: hosts === null ? [] : parseHostsFile(hosts, flags.hosts ?? ''),
  };
}
