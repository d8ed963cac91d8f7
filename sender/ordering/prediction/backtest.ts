import { compareText } from '../math/compare-text.ts';
import { fitSite } from './fit.ts';
import { type MeasuredCampaign, mostAtOnce } from './measured-campaign.ts';
import type { SiteModel } from './model.ts';
import { predict } from './predict.ts';
import { comparePrediction, type PredictionError } from './prediction-error.ts';

/** An earlier campaign of this site. */
export interface PastCampaign {
  readonly campaign: string;
  readonly startedAt: string;
  readonly measured: MeasuredCampaign;
}

/** An earlier campaign as it was measured, beside what the campaigns before it predict. */
export interface BacktestResult {
  readonly campaign: string;
  readonly startedAt: string;
  readonly servers: number;
  readonly parallel: number;
  readonly length: PredictionError;
  /** The mean of its servers. */
  readonly downtime: PredictionError;
}

/**
 * Predicts each campaign from the ones before it: how far the predictions for this site can be
 * trusted.
 */
export function backtest(history: readonly PastCampaign[], prior: SiteModel, linkRate?: number): BacktestResult[] {
  return history.map(({ campaign, startedAt, measured }, index) => {
    const earlier = history.slice(0, index).map((past) => past.measured);
    const { servers } = measured;
    const order = [...servers].sort((a, b) => a.beganMs - b.beganMs || a.endedMs - b.endedMs || compareText(a.id, b.id));
    const parallel = mostAtOnce(measured);
    const mode = { name: campaign, waves: [order.map(({ id }) => id)], parallel };
    const prediction = predict(fitSite(earlier, prior, linkRate), order, [], mode);
    const [length, ...downtimes] = comparePrediction(prediction, measured);
    return {
      campaign,
      startedAt,
      servers: servers.length,
      parallel,
      length: length as PredictionError,
      downtime: meanOf(downtimes),
    };
  });
}

function meanOf(rows: readonly PredictionError[]): PredictionError {
  const mean = (part: (row: PredictionError) => number): number => rows.reduce((sum, row) => sum + part(row), 0) / rows.length;
  const value = mean(({ predictedMs }) => predictedMs.value);
  const low = mean(({ predictedMs }) => predictedMs.low);
  const high = mean(({ predictedMs }) => predictedMs.high);
  const measuredMs = mean((row) => row.measuredMs);
  const inRange = measuredMs >= low && measuredMs <= high;
  return { what: 'downtime', predictedMs: { value, low, high }, measuredMs, error: measuredMs / value - 1, inRange };
}
