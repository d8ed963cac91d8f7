import type { Measured } from './history.ts';
import { paceOf, type SiteModel, type Stage, unknownSite } from './model.ts';
import { playCampaign } from './play.ts';
import { type Usage, usagesOf } from './usage.ts';

/** The youngest campaigns a site is fitted to: an older site was another one. */
const mostCampaigns = 20;

/** How much a parameter's distance from what was assumed before weighs: little, but it decides what the history cannot tell. */
const tether = 1e-6;

/** The parameters of each shared stage, each with the step it is first changed by. */
const shared = {
  transfer: { streamRate: 1.6, linkRate: 1.6, diskRate: 1.6, seeking: 2 },
  register: { importRate: 1.6 },
  boot: { bootMs: 1.6, bootCrowding: 2 },
} as const satisfies Partial<Record<Stage, Partial<Record<keyof SiteModel, number>>>>;

/**
 * Fits a site's model to what was measured there, the oldest campaign first. Of every server's stage is known how long it lasted and how many others
 * were in the same stage meanwhile: the shared rates are chosen so that just its work gets done in that time.
 * A link whose rate was measured by itself keeps it. What the history does not show stays as it was assumed; `spread` is what campaigns played on the model still differ by.
 */
export function fitSite(history: readonly Measured[], prior: SiteModel = unknownSite, linkRate?: number): SiteModel {
  const used = history.slice(-mostCampaigns).filter(({ servers }) => servers.length > 0);
  if (used.length === 0) return prior;
  let model: SiteModel = { ...prior, beforeMs: median(usagesOf(used, 'before').map(({ ms }) => ms)) ?? prior.beforeMs };
  for (const stage of ['transfer', 'register', 'boot'] as const) model = fitStage(model, stage, usagesOf(used, stage), linkRate);
  model = { ...model, ...roundsOf(used, model) };
  const errors = used.map((campaign) => Math.log(lengthOf(campaign) / playLike(model, campaign)));
  const squares = errors.reduce((sum, error) => sum + error * error, 0);
  // Few campaigns prove little: what was assumed weighs as one of them.
  const spread = Math.sqrt((squares + (unknownSite.spread / 2) ** 2) / (used.length + 1));
  return { ...model, spread: Math.max(0.03, spread), campaigns: used.length };
}

/** What rounds of running servers tell: how long a snapshot takes, and how fast a disk is read again, from what a copy took beyond its bytes. */
function roundsOf(history: readonly Measured[], model: SiteModel): Partial<SiteModel> {
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

function fitStage(model: SiteModel, stage: keyof typeof shared, usages: readonly Usage[], linkRate?: number): SiteModel {
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
    .map((start) => descend(start, stage, usages, model, linkRate !== undefined))
    .reduce((best, next) => (next.loss < best.loss ? next : best)).model;
}

/** Changes one parameter after the other, by ever smaller steps, as long as the history is met better. */
function descend(
  start: SiteModel,
  stage: keyof typeof shared,
  usages: readonly Usage[],
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
        [model, loss, bettered] = [next, nextLoss, true];
      }
    if (!bettered) scale /= 2;
  }
  return { model, loss };
}

/** The mean squared relative difference between the work a stage would have got done and the work it did, and the distance from what was assumed. */
function lossOf(model: SiteModel, stage: keyof typeof shared, usages: readonly Usage[], anchor: SiteModel): number {
  let loss = 0;
  for (const { work, msAt } of usages) {
    let done = 0;
    for (const [count, ms] of msAt) done += (paceOf(model, stage, count) * ms) / 1000;
    loss += Math.log(done / (stage === 'boot' ? model.bootMs : work)) ** 2 / usages.length;
  }
  for (const name of Object.keys(shared[stage]) as (keyof SiteModel)[])
    loss += tether * Math.log((model[name] + 1e-9) / (anchor[name] + 1e-9)) ** 2;
  return loss;
}

/** How long a campaign takes on the model, driven as it was: its servers in the order in which they began, as many at once as there were. */
function playLike(model: SiteModel, { servers }: Measured): number {
  const order = [...servers].sort((a, b) => a.beganMs - b.beganMs || a.endedMs - b.endedMs);
  const lanes = servers.map(
    ({ beganMs }) => servers.filter((other) => other.beganMs <= beganMs && beganMs < other.endedMs).length,
  );
  return playCampaign(model, order, { waves: [order.map(({ id }) => id)], parallel: Math.max(1, ...lanes) }).lengthMs;
}

function lengthOf({ servers }: Measured): number {
  return Math.max(1, ...servers.map(({ endedMs }) => endedMs));
}

/** The middle one of some values, the greater of two; undefined where there is none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
