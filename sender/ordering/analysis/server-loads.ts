import { median } from '../../migration/median.ts';
import type { RoundLimits } from '../../migration/round.ts';
import type { MovingServer } from '../input/moving-server.ts';
import type { TimedServer as Moving } from '../order/request.ts';
import type { MeasuredCampaign } from '../prediction/measured-campaign.ts';
import { type Load, type SiteModel, stageRate, stages, stageWork } from '../prediction/model.ts';
import { simulateCampaign } from '../prediction/simulate-campaign.ts';

/** Assumed size of a disk of unknown size. */
export const assumedDiskBytes = 20 * 2 ** 30;

/** Assumed used part of a disk without a history. */
const assumedFill = 0.4;

/** Assumed bytes a second that a warm server changes without a history. */
export const assumedChangedRate = 1e6;

/**
 * The work of each server: as in an earlier campaign of it, else from its disk and the averages of
 * the history.
 */
export function serverLoads(servers: readonly MovingServer[], history: readonly MeasuredCampaign[], limits: RoundLimits): Load[] {
  const past = new Map(history.flatMap((campaign) => campaign.servers.map((server) => [server.id, server] as const)));
  const all = history.flatMap((campaign) => campaign.servers);
  const sent = all.reduce((sum, one) => sum + one.sentBytes, 0);
  const disks = all.reduce((sum, one) => sum + one.diskBytes, 0);
  const fill = disks > 0 ? sent / disks : assumedFill;
  const usualRate = changedRateOf(history) ?? assumedChangedRate;
  return servers.map(({ id, diskBytes, leastBytes, warm: isWarm }) => {
    const known = past.get(id);
    const warm = isWarm ? { warm: { ...limits, changedRate: known?.warm?.changedRate ?? usualRate } } : {};
    if (known !== undefined) return { id, sentBytes: known.sentBytes, diskBytes: known.diskBytes, ...warm };
    const disk = diskBytes ?? assumedDiskBytes;
    return { id, diskBytes: disk, sentBytes: Math.round(Math.max(leastBytes, fill * disk)), ...warm };
  });
}

/** Median bytes a second that servers changed in earlier warm moves; null where there were none. */
export function changedRateOf(history: readonly MeasuredCampaign[]): number | null {
  return median(history.flatMap(({ servers }) => servers.flatMap(({ warm }) => warm?.changedRate ?? []))) ?? null;
}

/** The times of each server while so many move at once. */
export function timedServers(
  servers: readonly MovingServer[],
  loads: readonly Load[],
  model: SiteModel,
  parallel: number,
): Moving[] {
  const slower = slowdown(model, loads, parallel);
  return servers.map(({ id, name }, index) => {
    const load = loads[index] as Load;
    const { beforeMs, downMs } = load.warm === undefined ? { beforeMs: 0, downMs: coldMs(model, load) } : warmMs(model, load);
    return { id, name, bytes: load.diskBytes, beforeMs: slower * beforeMs, downMs: slower * downMs };
  });
}

/** How much longer a server takes among others: the mean of equal servers over one alone. */
function slowdown(model: SiteModel, loads: readonly Load[], parallel: number): number {
  if (parallel === 1 || loads.length === 0) return 1;
  const usual = meanLoad(loads);
  const many = Array.from({ length: 4 * parallel }, (_, index) => ({ id: String(index), ...usual }));
  const { timelines } = simulateCampaign(model, many, { waves: [many.map(({ id }) => id)], parallel });
  const beside = timelines.reduce((sum, { downAtMs, upAtMs }) => sum + upAtMs - downAtMs, 0) / timelines.length;
  return beside / coldMs(model, { id: '', ...usual });
}

/** The mean server. */
export function meanLoad(loads: readonly Load[]): Omit<Load, 'id'> {
  const mean = (part: (load: Load) => number): number => loads.reduce((sum, load) => sum + part(load), 0) / loads.length;
  return { sentBytes: mean(({ sentBytes }) => sentBytes), diskBytes: mean(({ diskBytes }) => diskBytes) };
}

/** How long a cold server takes alone. */
function coldMs(model: SiteModel, load: Load): number {
  return stages.reduce((sum, stage) => sum + (1000 * stageWork(model, stage, load)) / stageRate(model, stage, 1), 0);
}

/** How long a warm server takes alone: copied while it runs, and down. */
function warmMs(model: SiteModel, load: Load): { beforeMs: number; downMs: number } {
  const [timeline] = simulateCampaign(model, [load], { waves: [[load.id]], parallel: 1 }).timelines;
  if (timeline === undefined) return { beforeMs: 0, downMs: 0 };
  return { beforeMs: timeline.downAtMs - timeline.beganAtMs, downMs: timeline.upAtMs - timeline.downAtMs };
}
