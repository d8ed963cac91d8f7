import { mostParallel } from '../../model/plan.ts';
import { proposeOrder } from '../order/propose.ts';
import type { OrderRequest, Proposal, Weights } from '../order/request.ts';
import { hasWaveConstraints, isolateSets, tidyWaves } from '../order/tidy-waves.ts';
import type { Load, SiteModel } from '../prediction/model.ts';
import { compareModes, type PredictedMode, type Prediction } from '../prediction/predict.ts';
import type { ServiceMembers } from '../services/service.ts';
import type { TrafficPair } from '../traffic/pairs.ts';

/** A mode with the order that was proposed for it. */
export interface ProposedMode extends PredictedMode {
  readonly request: OrderRequest;
  readonly proposal: Proposal;
}

/** Input to the choice of order and mode. */
interface ModeChoice {
  /** The request where so many servers move at once: they slow each other down. */
  readonly requestFor: (parallel: number) => OrderRequest;
  /** How many servers at once the operator asks for; undefined where the best number is chosen. */
  readonly parallel: number | undefined;
  /** Sets that get waves of their own; the request has them in `together`. */
  readonly ownWaves: readonly (readonly string[])[];
  readonly weights: Weights;
  readonly model: SiteModel;
  readonly loads: readonly Load[];
}

/** Numbers of servers at once that are tried. */
const parallelNumbers = [1, 2, 3, 4, 8, mostParallel];

/**
 * Tried instead in a large tenant with wave constraints, where each number takes a search of its
 * own.
 */
const fewParallelNumbers = [1, 4, mostParallel];

/** A tenant with more servers than this is large. */
const mostSmall = 24;

/** Restarts of the search while modes are compared: an order need not be the very best yet. */
const comparisonRestarts = 2;

/**
 * Proposes an order for each number of servers at once, predicts each mode, and chooses the best.
 */
export function chooseMode({ requestFor, parallel, ownWaves, weights, model, loads }: ModeChoice): {
  mode: ProposedMode;
  prediction: Prediction;
  all: readonly Prediction[];
} {
  const sequential = requestFor(1);
  const isLarge = loads.length > mostSmall;
  const isConstrained = hasWaveConstraints(sequential);
  const tried = (isLarge && isConstrained ? fewParallelNumbers : parallelNumbers).filter((k) => k === 1 || k <= loads.length);
  const numbers = parallel === undefined ? tried : [parallel];
  const restarts = numbers.length > 1 ? { restarts: comparisonRestarts } : {};
  // In a large tenant all modes share the sequential order until one is chosen.
  const shared = isLarge && !isConstrained && numbers.length > 1 ? proposeOrder(sequential) : null;
  const candidates = numbers.flatMap((k) => {
    const request = requestFor(k);
    return modesOfProposal(request, ownWaves, shared ?? proposeOrder({ ...request, ...restarts }));
  });
  const compare = (modes: readonly ProposedMode[]) =>
    compareModes(model, loads, sequential.services ?? [], modes, (prediction) =>
      scoreOf(prediction, sequential.pairs, sequential.services ?? [], weights),
    );
  const bestName = compare(candidates).best?.mode;
  const best = candidates.find(({ name }) => name === bestName) as ProposedMode;
  const isSearched = numbers.length === 1 || (shared !== null && best.parallel === 1);
  const modes = isSearched ? candidates : searchedAgain(candidates, requestFor(best.parallel), ownWaves);
  const { best: prediction, all } = compare(modes);
  const mode = modes.find(({ name }) => name === prediction?.mode) as ProposedMode;
  return { mode, prediction: prediction as Prediction, all };
}

/**
 * The candidates, with the modes of the chosen number of servers at once searched with all
 * restarts.
 */
function searchedAgain(
  candidates: readonly ProposedMode[],
  request: OrderRequest,
  ownWaves: ModeChoice['ownWaves'],
): ProposedMode[] {
  const others = candidates.filter((mode) => mode.parallel !== request.parallel);
  const searched = modesOfProposal(request, ownWaves, proposeOrder(request));
  return [...others, ...searched].sort((a, b) => a.parallel - b.parallel);
}

/**
 * The modes of one proposal: its waves as proposed, and, where nothing constrains waves, all
 * servers in one.
 */
function modesOfProposal(request: OrderRequest, ownWaves: ModeChoice['ownWaves'], proposal: Proposal): ProposedMode[] {
  const { parallel = 1, pauseMs = 0, gapMs = 0 } = request;
  const common = { request, proposal, parallel, pauseMs, gapMs };
  const waves = isolateSets(tidyWaves(request, proposal.waves), ownWaves);
  if (parallel === 1) return [{ ...common, name: 'one after the other', waves }];
  const inWaves = { ...common, name: `${parallel} at once, wave by wave`, waves };
  if (hasWaveConstraints(request)) return [inWaves];
  const inOneWave = { ...common, name: `${parallel} at once`, waves: [waves.flat()] };
  return waves.length > 1 ? [inOneWave, inWaves] : [inOneWave];
}

/** The objective of the order, computed from predicted times: seconds. */
function scoreOf(
  { servers, services, lengthMs }: Prediction,
  pairs: readonly TrafficPair[],
  members: readonly ServiceMembers[],
  weights: Weights,
): number {
  const weightOf = new Map(members.map(({ name, weight = 1 }) => [name, weight]));
  const upAt = new Map(servers.map(({ id, upAtMs }) => [id, upAtMs]));
  const splitMs = ({ a, b }: TrafficPair): number => Math.abs((upAt.get(a) ?? 0) - (upAt.get(b) ?? 0));
  const downtime = mean(services.map(({ name, downtimeMs }) => [downtimeMs.value, weightOf.get(name) ?? 1]));
  const split = mean(pairs.map((pair) => [splitMs(pair), pair.bytes]));
  return (weights.downtime * downtime + weights.split * split + weights.length * lengthMs.value) / 1000;
}

function mean(weighted: readonly (readonly [value: number, weight: number])[]): number {
  const whole = weighted.reduce((sum, [, weight]) => sum + weight, 0);
  return whole === 0 ? 0 : weighted.reduce((sum, [value, weight]) => sum + value * weight, 0) / whole;
}
