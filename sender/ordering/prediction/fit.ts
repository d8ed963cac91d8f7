import { median } from '../../migration/median.ts';
import { type MeasuredCampaign, mostAtOnce } from './measured-campaign.ts';
import { assumedSite, type SiteModel, type Stage, stageRate } from './model.ts';
import { simulateCampaign } from './simulate-campaign.ts';
import { type StageUtilisation, stageUtilisations } from './stage-utilisation.ts';

/** The most recent campaigns that a model is fitted to, for a site changes. */
const mostCampaigns = 20;

/**
 * Weight of the distance from the prior. It is small, and decides only what the history does not
 * show.
 */
const anchorWeight = 1e-6;

/** The parameters of each shared stage, each with its first step. */
const shared = {
  transfer: { streamRate: 1.6, linkRate: 1.6, diskRate: 1.6, seeking: 2 },
  register: { importRate: 1.6 },
  boot: { bootMs: 1.6, bootCrowding: 2 },
} as const satisfies Partial<Record<Stage, Partial<Record<keyof SiteModel, number>>>>;

/**
 * Fits a site's rates to measured campaigns, oldest first: each rate is chosen so that the work of
 * a stage fits the time it took with so many servers in it. A measured link rate is kept.
 */
export function fitSite(history: readonly MeasuredCampaign[], prior: SiteModel = assumedSite, linkRate?: number): SiteModel {
  const used = history.slice(-mostCampaigns).filter(({ servers }) => servers.length > 0);
  if (used.length === 0) return prior;
  let model: SiteModel = { ...prior, beforeMs: median(stageUtilisations(used, 'before').map(({ ms }) => ms)) ?? prior.beforeMs };
  for (const stage of ['transfer', 'register', 'boot'] as const)
    model = fitStage(model, stage, stageUtilisations(used, stage), linkRate);
  model = { ...model, ...roundsOf(used, model) };
  const errors = used.map((campaign) => Math.log(lengthOf(campaign) / simulatedLengthMs(model, campaign)));
  const squares = errors.reduce((sum, error) => sum + error * error, 0);
  // The prior counts as one campaign, for a short history proves little.
  const spread = Math.sqrt((squares + (assumedSite.spread / 2) ** 2) / (used.length + 1));
  return { ...model, spread: Math.max(0.03, spread), campaigns: used.length };
}

/** Fits what only warm moves show: how long a snapshot takes, and how fast a disk is read again. */
function roundsOf(history: readonly MeasuredCampaign[], model: SiteModel): Partial<SiteModel> {
  const all = history.flatMap(({ servers }) => servers);
  const snapshotMs = median(all.flatMap(({ rounds = [] }) => rounds.map((round) => round.snapshotMs)));
  const scanRate = median(
    all.flatMap(({ diskBytes, rounds = [] }) =>
      rounds.slice(1).flatMap(({ bytes, copyMs }) => {
        const scanMs = copyMs - (1000 * bytes) / model.streamRate;
        return scanMs > 0 && diskBytes > 0 ? [(1000 * diskBytes) / scanMs] : [];
      }),
    ),
  );
  return { ...(snapshotMs === undefined ? {} : { snapshotMs }), ...(scanRate === undefined ? {} : { scanRate }) };
}

function fitStage(
  model: SiteModel,
  stage: keyof typeof shared,
  usages: readonly StageUtilisation[],
  linkRate?: number,
): SiteModel {
  if (usages.length === 0) return model;
  const alone = usages.filter(({ msAt }) => msAt.length === 1 && msAt[0]?.[0] === 1);
  const rates = (alone.length > 0 ? alone : usages).map(({ work, ms }) => (work * 1000) / ms);
  const rate = median(rates) as number;
  const starts: SiteModel[] =
    stage === 'boot'
      ? [{ ...model, bootMs: median((alone.length > 0 ? alone : usages).map(({ ms }) => ms)) ?? model.bootMs }]
      : stage === 'register'
        ? [{ ...model, importRate: rate }]
        : // How much the disks give and how soon they seek hang together: each pair of guesses may lead elsewhere.
          [1.3, 2, 4].flatMap((more) =>
            [0.05, 0.2, 0.5].map((seeking) => ({
              ...model,
              streamRate: linkRate === undefined ? rate : Math.min(rate, linkRate),
              linkRate: linkRate ?? rate * 1.2,
              diskRate: rate * more,
              seeking,
            })),
          );
  return starts
    .map((start) => coordinateDescent(start, stage, usages, model, linkRate !== undefined))
    .reduce((best, next) => (next.loss < best.loss ? next : best)).model;
}

/** Changes one parameter after the other in shrinking steps while the loss falls. */
function coordinateDescent(
  start: SiteModel,
  stage: keyof typeof shared,
  usages: readonly StageUtilisation[],
  anchor: SiteModel,
  linkIsKnown: boolean,
) {
  const all = Object.entries(shared[stage]) as [keyof SiteModel, number][];
  const steps = all.filter(([name]) => !(linkIsKnown && name === 'linkRate'));
  let model = start;
  let loss = lossOf(model, stage, usages, anchor);
  for (let round = 0, scale = 1; round < 300 && scale > 0.005; round++) {
    let bettered = false;
    for (const [name, step] of steps)
      for (const way of [1, -1]) {
        const next = { ...model, [name]: model[name] * step ** (way * scale) };
        const nextLoss = lossOf(next, stage, usages, anchor);
        if (nextLoss >= loss) continue;
        model = next;
        loss = nextLoss;
        bettered = true;
      }
    if (!bettered) scale /= 2;
  }
  return { model, loss };
}

/** The mean squared log ratio of simulated to real work, and the distance from the prior. */
function lossOf(model: SiteModel, stage: keyof typeof shared, usages: readonly StageUtilisation[], anchor: SiteModel): number {
  let loss = 0;
  for (const { work, msAt } of usages) {
    let done = 0;
    for (const [count, ms] of msAt) done += (stageRate(model, stage, count) * ms) / 1000;
    loss += Math.log(done / (stage === 'boot' ? model.bootMs : work)) ** 2 / usages.length;
  }
  for (const name of Object.keys(shared[stage]) as (keyof SiteModel)[])
    loss += anchorWeight * Math.log((model[name] + 1e-9) / (anchor[name] + 1e-9)) ** 2;
  return loss;
}

/** How long the model takes for a measured campaign, in the same order and with as many at once. */
function simulatedLengthMs(model: SiteModel, campaign: MeasuredCampaign): number {
  const order = [...campaign.servers].sort((a, b) => a.beganMs - b.beganMs || a.endedMs - b.endedMs);
  return simulateCampaign(model, order, { waves: [order.map(({ id }) => id)], parallel: mostAtOnce(campaign) }).lengthMs;
}

function lengthOf({ servers }: MeasuredCampaign): number {
  return Math.max(1, ...servers.map(({ endedMs }) => endedMs));
}
