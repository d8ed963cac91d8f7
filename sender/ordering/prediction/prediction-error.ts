import { downtimePhases } from '../../migration/itinerary.ts';
import type { MeasuredCampaign } from './measured-campaign.ts';
import type { Estimate, Prediction } from './predict.ts';

const firstDown = downtimePhases[0]?.name ?? '';

/** A predicted time beside the measured one. */
export interface PredictionError {
  readonly what: string;
  readonly predictedMs: Estimate;
  readonly measuredMs: number;
  /** Measured over predicted, minus one. */
  readonly error: number;
  readonly inRange: boolean;
}

/**
 * Compares a prediction with the campaign that followed: its length, then the downtime of each
 * server.
 */
export function comparePrediction(prediction: Prediction, measured: MeasuredCampaign): PredictionError[] {
  const row = (what: string, predictedMs: Estimate, measuredMs: number): PredictionError => ({
    what,
    predictedMs,
    measuredMs,
    error: measuredMs / predictedMs.value - 1,
    inRange: measuredMs >= predictedMs.low && measuredMs <= predictedMs.high,
  });
  const lengthMs = Math.max(...measured.servers.map(({ endedMs }) => endedMs));
  return [
    row('campaign', prediction.lengthMs, lengthMs),
    ...measured.servers.flatMap(({ id, beganMs, endedMs, phases }) => {
      const predicted = prediction.servers.find((server) => server.id === id);
      return predicted === undefined ? [] : [row(id, predicted.downtimeMs, endedMs - (phases[firstDown]?.beganMs ?? beganMs))];
    }),
  ];
}
