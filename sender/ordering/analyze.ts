import { Problem } from '../../shared/problem.ts';
import { chooseWay } from './analysis/choose-mode.ts';
import type { Comparison } from './analysis/comparison.ts';
import { notesOf } from './analysis/notes.ts';
import { changedRateOf, loadsOf, moversOf, usualOf } from './analysis/server-loads.ts';
import { type Past, type PastComparison, pastComparisons } from './input/history-file.ts';
import type { OwnService } from './input/services-file.ts';
import type { Mover, Tenant } from './input/tenant.ts';
import { costOfWaves } from './order/propose.ts';
import { costOfOrder, costsOfRandomOrders } from './order/reference-orders.ts';
import { defaultWeights, type Question, type ServiceOf, type Weights } from './order/request.ts';
import { type NamedWave, named } from './order/tidy-waves.ts';
import { type Host, type Placement, placeServers, zonesOf } from './placement/place.ts';
import { fitSite } from './prediction/fit.ts';
import { type SiteModel, unknownSite, withLink } from './prediction/model.ts';
import { crossover, type Prediction, predict } from './prediction/predict.ts';
import { findServices, type Service } from './services/find-services.ts';
import { compareText, plus } from './traffic/matrix.ts';
import { pairsOf } from './traffic/pairs.ts';

/** What the operator wants of the order. */
export interface Wishes {
  readonly parallel?: number | undefined;
  readonly limits: NonNullable<Question['limits']>;
  readonly gapMs: number;
  readonly before: NonNullable<Question['before']>;
  readonly together: NonNullable<Question['together']>;
  readonly weights: Partial<Weights>;
  readonly noise?: number | undefined;
  readonly services: readonly OwnService[];
  /** Bytes a second of the line, where it was measured. */
  readonly linkRate?: number | undefined;
  /** Earlier campaigns, the oldest first. */
  readonly history: readonly Past[];
  readonly hosts: readonly Host[];
  readonly seed: number;
}

/** Everything `sender analyze` finds. */
export interface Analysis {
  readonly servers: readonly Mover[];
  /** In the order in which they begin to move. */
  readonly services: readonly Service[];
  /** Servers at once, in the mode that is proposed. */
  readonly parallel: number;
  readonly waves: readonly NamedWave[];
  readonly weights: Weights;
  readonly comparison: Comparison;
  readonly site: SiteModel;
  /** What a server that moved warm changed in a second, in earlier campaigns; null where none did. */
  readonly changedRate: number | null;
  /** Of the proposal, of the plan or document as it stands, and of all modes that were compared. */
  readonly prediction: Prediction;
  readonly asGiven: Prediction;
  readonly modes: readonly Prediction[];
  readonly crossover: ReturnType<typeof crossover>;
  readonly past: readonly PastComparison[];
  /** Which server goes where, and how Nova is told; null where no hosts were given or nothing fits, for the reason of `misplaced`. */
  readonly placement: (Placement & { readonly zones: ReturnType<typeof zonesOf> }) | null;
  readonly misplaced: Problem | null;
  readonly pairs: ReturnType<typeof pairsOf>;
  /** The same pairs, `a` being who asks more of the two. */
  readonly talks: ReturnType<typeof pairsOf>;
  /** What an operator should know beside the numbers, in sentences. */
  readonly notes: readonly string[];
  readonly seed: number;
}

/** How many random orders the proposal is held against. */
const randomOrders = 1_000;

/**
 * Finds the services of a tenant, proposes order, waves and mode together, and says what they cost against other orders. Deterministic.
 * Throws E_ORDER where the wishes contradict each other, E_PLACEMENT where the servers do not fit, E_USAGE where nothing moves.
 */
export function analyze(tenant: Tenant, wishes: Wishes): Analysis {
  const { servers, traffic } = tenant;
  if (servers.length === 0)
    throw new Problem('E_USAGE', 'There is no server to order: neither a plan, nor a document, nor the matrix names one.');
  const { seed, history } = wishes;
  const ids = new Set(servers.map(({ id }) => id));
  const pairs = pairsOf(traffic).filter(({ a, b }) => ids.has(a) && ids.has(b));
  const services = findServices(traffic, servers, { groups: wishes.services, noise: wishes.noise });
  const weightOf = new Map(wishes.services.map(({ name, weight }) => [name, weight]));
  const weights = { ...defaultWeights, ...wishes.weights };
  const measured = history.map((past) => past.measured);
  const rates = [wishes.linkRate, tenant.bandwidth].filter((rate) => typeof rate === 'number');
  const linkRate = rates.length === 0 ? undefined : Math.min(...rates);
  const prior = linkRate === undefined ? unknownSite : withLink(unknownSite, linkRate);
  const site = fitSite(measured, prior, linkRate);
  const loads = loadsOf(servers, measured, tenant.rounds);
  const asked: ServiceOf[] = services.map(({ name, servers: members }) => ({
    name,
    servers: members,
    weight: weightOf.get(name),
  }));
  const together = [...wishes.together, ...tenant.rolling];
  const ask = (parallel: number): Question => ({
    ...{ servers: moversOf(servers, loads, site, parallel), pairs, services: asked, parallel, weights, seed },
    ...{ pauseMs: tenant.pauseMs, gapMs: wishes.gapMs, limits: wishes.limits, before: wishes.before, together },
  });
  const { way, prediction, all } = chooseWay({
    ask,
    parallel: wishes.parallel,
    alone: tenant.rolling,
    weights,
    model: site,
    loads,
  });
  const { question, waves, proposal } = way;
  const byName = [...servers].sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id)).map(({ id }) => id);
  const comparison: Comparison = {
    proposed: costOfWaves(question, waves),
    given: tenant.givenBy === 'plan' ? costOfWaves(question, tenant.given) : costOfOrder(question, tenant.given.flat()),
    alphabetical: costOfOrder(question, byName),
    random: costsOfRandomOrders(question, randomOrders, seed).sort((a, b) => a.cost - b.cost),
    ...{ bound: proposal.bound, method: proposal.method },
  };
  const place = new Map(waves.flat().map((id, index) => [id, index]));
  const first = (service: Service): number => Math.min(...service.servers.map((id) => place.get(id) ?? 0));
  const found = {
    services: [...services].sort((a, b) => first(a) - first(b)),
    ...{
      servers,
      weights,
      comparison,
      site,
      changedRate: changedRateOf(measured),
      prediction,
      modes: all,
      seed,
      pairs,
      parallel: way.parallel,
    },
    waves: named(waves, services),
    talks: directed(pairs, traffic),
    asGiven: predict(site, loads, asked, {
      name: 'as it stands',
      waves: tenant.given,
      parallel: tenant.parallel,
      pauseMs: tenant.pauseMs,
    }),
    crossover: crossover(site, usualOf(loads)),
    past: pastComparisons(history, prior, wishes.linkRate),
    ...placed(tenant, wishes, pairs),
  };
  return { ...found, notes: notesOf(found, tenant) };
}

/** Pairs with the one first that asks the other more than it is asked. */
function directed(pairs: Question['pairs'], { conversations }: Tenant['traffic']): Analysis['talks'] {
  const asked = new Map<string, number>();
  for (const { initiator, responder, sent_bytes, received_bytes } of conversations) {
    const key = JSON.stringify([initiator, responder]);
    asked.set(key, plus(asked.get(key) ?? 0, plus(sent_bytes, received_bytes)));
  }
  const asks = (a: string, b: string): number => asked.get(JSON.stringify([a, b])) ?? 0;
  return pairs.map(({ a, b, bytes }) => (asks(b, a) > asks(a, b) ? { a: b, b: a, bytes } : { a, b, bytes }));
}

/** Where the servers fit at the destination; a reason why not is an answer, too. */
function placed(tenant: Tenant, wishes: Wishes, pairs: Question['pairs']): Pick<Analysis, 'placement' | 'misplaced'> {
  const hosts = wishes.hosts.length > 0 ? wishes.hosts : tenant.hosts;
  const unsized = tenant.servers.find(({ sizes }) => sizes === null);
  const none = { placement: null, misplaced: null };
  if (hosts.length === 0 || (wishes.hosts.length === 0 && unsized !== undefined)) return none;
  if (unsized !== undefined)
    throw new Problem('E_USAGE', `Nobody tells what ${unsized.name} needs of a host: give the --document it is in.`, {
      about: unsized.id,
    });
  const servers = tenant.servers.flatMap(({ id, sizes }) => (sizes === null ? [] : [{ id, ...sizes }]));
  try {
    const placement = placeServers({ servers, hosts, pairs, seed: wishes.seed });
    return { placement: { ...placement, zones: zonesOf(placement, hosts) }, misplaced: null };
  } catch (error) {
    if (error instanceof Problem && error.code === 'E_PLACEMENT') return { placement: null, misplaced: error };
    throw error;
  }
}
