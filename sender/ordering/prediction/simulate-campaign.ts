import { type Load, type SiteModel, type Stage, stageRate, stages } from './model.ts';
import { type ServerStep, serverSteps } from './server-steps.ts';

/** The waves of a campaign, and how many servers move at once in a wave. */
export interface CampaignSettings {
  readonly waves: readonly (readonly string[])[];
  readonly parallel: number;
  readonly pauseMs?: number | undefined;
  /** Between two waves. */
  readonly gapMs?: number | undefined;
}

/**
 * When a server begins, goes down and is up again, in milliseconds. A cold server goes down at
 * once.
 */
export interface ServerTimeline {
  readonly id: string;
  readonly beganAtMs: number;
  readonly downAtMs: number;
  readonly upAtMs: number;
  /** The time in each stage. */
  readonly stageMs: Readonly<Record<Stage, number>>;
}

/**
 * Equal servers would stay in the same stage for ever; real ones vary and fill each other's gaps.
 */
const unevenness = 0.12;

/**
 * The factor on the n-th server's work in a stage: spread evenly around one, the same in every run.
 */
function variation(count: number, stage: number, parallel: number): number {
  const golden = 0.618_033_988_749_895;
  return parallel === 1 ? 1 : 1 + unevenness * (2 * (((count * 4 + stage) * golden) % 1) - 1);
}

interface MoveInProgress {
  readonly load: Load;
  readonly number: number;
  readonly journey: Generator<ServerStep, void, number>;
  readonly stageMs: Record<Stage, number>;
  readonly beganAtMs: number;
  downAtMs: number;
  /** Null at the end of the move. */
  step: ServerStep | null;
  left: number;
}

/** Simulates a campaign event by event; servers in the same stage share its rate. */
export function simulateCampaign(
  model: SiteModel,
  loads: readonly Load[],
  settings: CampaignSettings,
): { timelines: ServerTimeline[]; lengthMs: number } {
  const byId = new Map(loads.map((load) => [load.id, load]));
  const timelines: ServerTimeline[] = [];
  let nowMs = 0;
  let count = 0;
  for (const [index, wave] of settings.waves.entries()) {
    if (index > 0) nowMs += settings.gapMs ?? 0;
    const waiting = wave.flatMap((id) => byId.get(id) ?? []);
    const tracks = Array.from({ length: Math.min(settings.parallel, waiting.length) }, () => nowMs);
    let running: MoveInProgress[] = [];
    while (waiting.length > 0 || running.length > 0) {
      while (waiting.length > 0 && tracks.some((free) => free <= nowMs)) {
        tracks.splice(
          tracks.findIndex((free) => free <= nowMs),
          1,
        );
        running.push(startServer(model, waiting.shift() as Load, count++, nowMs, settings.parallel));
      }
      const paces = running.map((runner) => rateOf(model, running, runner));
      const nextTrack = waiting.length > 0 ? Math.min(...tracks, Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
      const stepMs = Math.min(nextTrack - nowMs, ...running.map((runner, i) => (runner.left / (paces[i] as number)) * 1000));
      nowMs += stepMs;
      for (const [i, runner] of running.entries()) advance(runner, stepMs, paces[i] as number, nowMs, settings.parallel);
      for (const { load, beganAtMs, downAtMs, stageMs } of running.filter(({ step }) => step === null)) {
        timelines.push({ id: load.id, beganAtMs, downAtMs, upAtMs: nowMs, stageMs });
        tracks.push(nowMs + (settings.pauseMs ?? 0));
      }
      running = running.filter(({ step }) => step !== null);
    }
  }
  return { timelines, lengthMs: nowMs };
}

function startServer(model: SiteModel, load: Load, number: number, nowMs: number, parallel: number): MoveInProgress {
  const runner: MoveInProgress = {
    load,
    number,
    journey: serverSteps(model, load, nowMs),
    stageMs: { before: 0, transfer: 0, register: 0, boot: 0 },
    beganAtMs: nowMs,
    downAtMs: Number.NaN,
    step: null,
    left: 0,
  };
  enterNextStep(runner, nowMs, parallel);
  return runner;
}

/** Enters the next step, or ends the move. */
function enterNextStep(runner: MoveInProgress, nowMs: number, parallel: number): void {
  const step = runner.journey.next(nowMs).value ?? null;
  runner.step = step;
  if (step === null) return;
  if (step.isDown && Number.isNaN(runner.downAtMs)) runner.downAtMs = nowMs;
  runner.left = step.work * variation(runner.number, stages.indexOf(step.stage), parallel);
}

function rateOf(model: SiteModel, running: readonly MoveInProgress[], { step }: MoveInProgress): number {
  return step === null ? 0 : stageRate(model, step.stage, running.filter((other) => other.step?.stage === step.stage).length);
}

function advance(runner: MoveInProgress, stepMs: number, pace: number, nowMs: number, parallel: number): void {
  if (runner.step === null) return;
  const done = (pace * stepMs) / 1000;
  runner.stageMs[runner.step.stage] += stepMs;
  runner.left -= done;
  // The remainder is a rounding error.
  while (runner.step !== null && runner.left <= 1e-6 * Math.max(1, done)) enterNextStep(runner, nowMs, parallel);
}
