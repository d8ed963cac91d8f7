import type { ServiceMembers } from '../services/service.ts';
import type { Load, SiteModel } from './model.ts';
import { type CampaignSettings, type ServerTimeline, simulateCampaign } from './simulate-campaign.ts';

/** A predicted number and the range that holds nine of ten measurements. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Named settings of a campaign. */
export interface PredictedMode extends CampaignSettings {
  readonly name: string;
}

/** Predicted times of a mode, by server and by service, in milliseconds. */
export interface Prediction {
  readonly mode: string;
  readonly lengthMs: Estimate;
  readonly servers: readonly (ServerTimeline & { readonly downtimeMs: Estimate })[];
  readonly services: readonly { readonly name: string; readonly downtimeMs: Estimate }[];
  /** Mean over services of the time from the first server down until all are up. */
  readonly serviceDowntimeMs: Estimate;
}

/** Nine of ten values lie within so many standard deviations. */
const ninety = 1.645;

/** Single servers vary more than a campaign of many. */
const serverFactor = 1.5;

/** Predicts a campaign on a site in one mode. */
export function predict(
  model: SiteModel,
  loads: readonly Load[],
  services: readonly ServiceMembers[],
  mode: PredictedMode,
): Prediction {
  const { timelines, lengthMs } = simulateCampaign(model, loads, mode);
  const byId = new Map(timelines.map((timeline) => [timeline.id, timeline]));
  const named = new Set(services.flatMap(({ servers }) => servers));
  const all = [
    ...services,
    ...loads.filter(({ id }) => !named.has(id)).map(({ id }): ServiceMembers => ({ name: id, servers: [id] })),
  ].filter(({ servers }) => servers.some((id) => byId.has(id)));
  const downtimes = all.map(({ name, servers }) => {
    const own = servers.flatMap((id) => byId.get(id) ?? []);
    return { name, ms: Math.max(...own.map(({ upAtMs }) => upAtMs)) - Math.min(...own.map(({ downAtMs }) => downAtMs)) };
  });
  const mean = downtimes.reduce((sum, { ms }) => sum + ms, 0) / Math.max(1, downtimes.length);
  return {
    mode: mode.name,
    lengthMs: estimate(lengthMs, model.spread),
    servers: timelines.map((one) => ({ ...one, downtimeMs: estimate(one.upAtMs - one.downAtMs, model.spread * serverFactor) })),
    services: downtimes.map(({ name, ms }) => ({ name, downtimeMs: estimate(ms, model.spread * serverFactor) })),
    serviceDowntimeMs: estimate(mean, model.spread),
  };
}

function estimate(value: number, spread: number): Estimate {
  return { value, low: value / (1 + ninety * spread), high: value * (1 + ninety * spread) };
}

/**
 * Predicts every mode; `best` has the least score, by default the mean service downtime and then
 * the length.
 */
export function compareModes(
  model: SiteModel,
  loads: readonly Load[],
  services: readonly ServiceMembers[],
  modes: readonly PredictedMode[],
  score = ({ serviceDowntimeMs, lengthMs }: Prediction): number => serviceDowntimeMs.value + lengthMs.value / 100,
): { readonly best: Prediction | null; readonly all: readonly Prediction[] } {
  const all = modes.map((mode) => predict(model, loads, services, mode));
  const best = all.reduce<Prediction | null>(
    (known, next) => (known === null || score(next) < score(known) ? next : known),
    null,
  );
  return { best, all };
}

/** Campaign length by number of equal servers, one after the other and all at once. */
export interface Crossover {
  /**
   * The smallest number of servers for which one after the other is quicker; null where there is
   * none.
   */
  readonly at: number | null;
  readonly rows: readonly { readonly servers: number; readonly sequentialMs: number; readonly parallelMs: number }[];
}

/** Compares the length of campaigns of equal servers one after the other and all at once. */
export function crossover(model: SiteModel, load: Omit<Load, 'id'>, most = 32): Crossover {
  const rows = Array.from({ length: most }, (_, index) => {
    const loads = Array.from({ length: index + 1 }, (_, i) => ({ id: String(i), ...load }));
    const waves = [loads.map(({ id }) => id)];
    const lengthOf = (parallel: number): number => simulateCampaign(model, loads, { waves, parallel }).lengthMs;
    return { servers: index + 1, sequentialMs: lengthOf(1), parallelMs: lengthOf(index + 1) };
  });
  const at = rows.find(({ servers, sequentialMs, parallelMs }) => servers > 1 && sequentialMs < parallelMs)?.servers ?? null;
  return { at, rows };
}
