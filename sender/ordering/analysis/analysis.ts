import type { Problem } from '../../../shared/problem.ts';
import type { MovingServer } from '../input/moving-server.ts';
import type { Weights } from '../order/request.ts';
import type { NamedWave } from '../order/wave-names.ts';
import type { Placement, ServerZone } from '../placement/place.ts';
import type { BacktestResult } from '../prediction/backtest.ts';
import type { SiteModel } from '../prediction/model.ts';
import type { Crossover, Prediction } from '../prediction/predict.ts';
import type { Service } from '../services/service.ts';
import type { TrafficPair } from '../traffic/pairs.ts';
import type { Comparison } from './comparison.ts';

/** Everything that `sender analyze` computes. */
export interface Analysis {
  readonly servers: readonly MovingServer[];
  /** In the order in which they begin to move. */
  readonly services: readonly Service[];
  /** How many servers move at once in the proposed mode. */
  readonly parallel: number;
  readonly waves: readonly NamedWave[];
  readonly weights: Weights;
  readonly comparison: Comparison;
  readonly site: SiteModel;
  /**
   * Bytes that a server changed in a second during earlier warm moves; null where there were none.
   */
  readonly changedRate: number | null;
  /** Prediction for the proposed order and mode. */
  readonly prediction: Prediction;
  /** Prediction for the plan or the document as it stands. */
  readonly asGiven: Prediction;
  /** Predictions for all modes that were compared. */
  readonly modes: readonly Prediction[];
  readonly crossover: Crossover;
  /** Earlier campaigns, each predicted from those before it. */
  readonly past: readonly BacktestResult[];
  /** Null where no hosts were given, and where nothing fits: `misplaced` then has the reason. */
  readonly placement: (Placement & { readonly zones: readonly ServerZone[] }) | null;
  readonly misplaced: Problem | null;
  readonly pairs: readonly TrafficPair[];
  /** The same pairs; `a` is the server that asks the other more than it is asked. */
  readonly talks: readonly TrafficPair[];
  /** Sentences for the operator: assumptions, gaps in the data, and how much the order matters. */
  readonly notes: readonly string[];
  readonly seed: number;
}
