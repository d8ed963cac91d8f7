import type { Mover as Moving } from '../analysis/order/question.ts';
import type { Measured } from '../analysis/prediction/history.ts';
import { type Load, paceOf, type SiteModel, type Stage, stages, workOf } from '../analysis/prediction/model.ts';
import { playCampaign } from '../analysis/prediction/play.ts';
import type { Mover } from './tenant.ts';

/** What a disk is taken for whose size no file tells. */
export const assumedDiskBytes = 20 * 2 ** 30;

/** What part of a disk is taken to hold anything, where no earlier campaign tells. */
const assumedFill = 0.4;

/** What each server asks of the site: as it was in an earlier campaign, or else its disk and what of such disks crossed before. */
export function loadsOf(servers: readonly Mover[], history: readonly Measured[]): Load[] {
  const past = new Map(history.flatMap((campaign) => campaign.servers.map((server) => [server.id, server] as const)));
  const all = history.flatMap((campaign) => campaign.servers);
  const [sent, disks] = [all.reduce((sum, one) => sum + one.sentBytes, 0), all.reduce((sum, one) => sum + one.diskBytes, 0)];
  const fill = disks > 0 ? sent / disks : assumedFill;
  return servers.map(({ id, diskBytes, leastBytes }) => {
    const known = past.get(id);
    if (known !== undefined) return { id, sentBytes: known.sentBytes, diskBytes: known.diskBytes };
    const disk = diskBytes ?? assumedDiskBytes;
    return { id, diskBytes: disk, sentBytes: Math.round(Math.max(leastBytes, fill * disk)) };
  });
}

/** What the order is asked with: how long each server takes while so many are on their way. A warm one is copied before it goes down. */
export function moversOf(servers: readonly Mover[], loads: readonly Load[], model: SiteModel, parallel: number): Moving[] {
  const slower = slowdown(model, loads, parallel);
  return servers.map(({ id, name, warm }, index) => {
    const load = loads[index] as Load;
    const time = (stage: Stage): number => slower * aloneMs(model, stage, load);
    const whole = stages.reduce((sum, stage) => sum + time(stage), 0);
    const beforeMs = warm ? time('copy') : 0;
    return { id, name, bytes: load.diskBytes, beforeMs, downMs: whole - beforeMs };
  });
}

/** By what a server takes longer among so many: the mean of equal servers beside each other over one alone. */
function slowdown(model: SiteModel, loads: readonly Load[], parallel: number): number {
  if (parallel === 1 || loads.length === 0) return 1;
  const usual = usualOf(loads);
  const many = Array.from({ length: 4 * parallel }, (_, index) => ({ id: String(index), ...usual }));
  const { passages } = playCampaign(model, many, { waves: [many.map(({ id }) => id)], parallel });
  const beside = passages.reduce((sum, { downAtMs, upAtMs }) => sum + upAtMs - downAtMs, 0) / passages.length;
  const alone = stages.reduce((sum, stage) => sum + aloneMs(model, stage, { id: '', ...usual }), 0);
  return beside / alone;
}

/** The mean server. */
export function usualOf(loads: readonly Load[]): Omit<Load, 'id'> {
  const mean = (part: (load: Load) => number): number => loads.reduce((sum, load) => sum + part(load), 0) / loads.length;
  return { sentBytes: mean(({ sentBytes }) => sentBytes), diskBytes: mean(({ diskBytes }) => diskBytes) };
}

function aloneMs(model: SiteModel, stage: Stage, load: Load): number {
  return (1000 * workOf(model, stage, load)) / paceOf(model, stage, 1);
}
