import { proposeOrder } from '../order/propose.ts';
import type { Pair, Proposal, Question, ServiceOf, Weights } from '../order/request.ts';
import { apart, isBound, tidied } from '../order/tidy-waves.ts';
import type { Load, SiteModel } from '../prediction/model.ts';
import { compareModes, type Mode, type Prediction } from '../prediction/predict.ts';

/** A mode with the order that was proposed for it. */
export interface Way extends Mode {
  readonly question: Question;
  readonly proposal: Proposal;
}

/** What order and mode are chosen by. */
export interface Decision {
  /** The question where so many are on their way at once. */
  readonly ask: (parallel: number) => Question;
  /** How many at once the operator wants; undefined: whatever is best. */
  readonly parallel: number | undefined;
  /** Sets that are waves of their own; the question has them together. */
  readonly alone: readonly (readonly string[])[];
  readonly weights: Weights;
  readonly model: SiteModel;
  readonly loads: readonly Load[];
}

/** How many at once are tried; the plan allows sixteen. */
const lanes = [1, 2, 3, 4, 8, 16];

/** Of more servers than this fewer numbers at once are tried, with the order of one after the other until the mode is chosen. */
const mostTried = 24;

/** While modes are compared, an order need not be the very best. */
const restarts = 2;

/** Proposes an order for each number of servers at once, predicts what each takes, and chooses order and mode together. */
export function chooseWay({ ask, parallel, alone, weights, model, loads }: Decision): {
  way: Way;
  prediction: Prediction;
  all: readonly Prediction[];
} {
  const one = ask(1);
  const many = loads.length > mostTried;
  const bound = isBound(one);
  const tried = (many && bound ? [1, 4, 16] : lanes).filter((k) => k === 1 || k <= loads.length);
  const choices = parallel === undefined ? tried : [parallel];
  const simple = many && !bound && choices.length > 1 ? proposeOrder(one) : null;
  const compared = choices.flatMap((k) =>
    waysOf(ask(k), alone, simple ?? proposeOrder({ ...ask(k), ...(choices.length > 1 ? { restarts } : {}) })),
  );
  const compare = (ways: readonly Way[]) =>
    compareModes(model, loads, one.services ?? [], ways, (prediction) =>
      scoreOf(prediction, one.pairs, one.services ?? [], weights),
    );
  const rough = compare(compared).best?.mode;
  const best = compared.find(({ name }) => name === rough) as Way;
  const isFinal = choices.length === 1 || (simple !== null && best.parallel === 1);
  const ways = isFinal
    ? compared
    : [
        ...compared.filter((way) => way.parallel !== best.parallel),
        ...waysOf(ask(best.parallel), alone, proposeOrder(ask(best.parallel))),
      ].sort((a, b) => a.parallel - b.parallel);
  const { best: prediction, all } = compare(ways);
  return { way: ways.find(({ name }) => name === prediction?.mode) as Way, prediction: prediction as Prediction, all };
}

/** One wave after the other as proposed; and where nothing asks for waves, all in one with so many at once. */
function waysOf(question: Question, alone: Decision['alone'], proposal: Proposal): Way[] {
  const { parallel = 1, pauseMs = 0, gapMs = 0 } = question;
  const common = { question, proposal, parallel, pauseMs, gapMs };
  const waves = apart(tidied(question, proposal.waves), alone);
  if (parallel === 1) return [{ ...common, name: 'one after the other', waves }];
  const inWaves = { ...common, name: `${parallel} at once, wave by wave`, waves };
  if (isBound(question)) return [inWaves];
  return [{ ...common, name: `${parallel} at once`, waves: [waves.flat()] }, ...(waves.length > 1 ? [inWaves] : [])];
}

/** The objective of the order on what was predicted: seconds. */
function scoreOf(
  { servers, services, lengthMs }: Prediction,
  pairs: readonly Pair[],
  asked: readonly ServiceOf[],
  weights: Weights,
): number {
  const weightOf = new Map(asked.map(({ name, weight = 1 }) => [name, weight]));
  const upAt = new Map(servers.map(({ id, upAtMs }) => [id, upAtMs]));
  const apart = ({ a, b }: Pair): number => Math.abs((upAt.get(a) ?? 0) - (upAt.get(b) ?? 0));
  const downtime = mean(services.map(({ name, downtimeMs }) => [downtimeMs.value, weightOf.get(name) ?? 1]));
  const split = mean(pairs.map((pair) => [apart(pair), pair.bytes]));
  return (weights.downtime * downtime + weights.split * split + weights.length * lengthMs.value) / 1000;
}

function mean(weighted: readonly (readonly [value: number, weight: number])[]): number {
  const whole = weighted.reduce((sum, [, weight]) => sum + weight, 0);
  return whole === 0 ? 0 : weighted.reduce((sum, [value, weight]) => sum + value * weight, 0) / whole;
}
