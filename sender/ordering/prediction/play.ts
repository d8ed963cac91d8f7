import { journeyOf, type Step } from './journey.ts';
import { type Load, paceOf, type SiteModel, type Stage, stages } from './model.ts';

/** How a campaign is driven: its waves, and how many servers at once inside a wave. */
export interface Drive {
  readonly waves: readonly (readonly string[])[];
  readonly parallel: number;
  readonly pauseMs?: number | undefined;
  /** Between two waves. */
  readonly gapMs?: number | undefined;
}

/** When a server is begun with, goes down and is up again, in milliseconds from the start; one that moves cold goes down at once. */
export interface Passage {
  readonly id: string;
  readonly beganAtMs: number;
  readonly downAtMs: number;
  readonly upAtMs: number;
  /** How long it was in each stage. */
  readonly stageMs: Readonly<Record<Stage, number>>;
}

/** Equal servers would stay in step for ever, all on the link and then all at boot; real ones vary, and fill each other's gaps. */
const uneven = 0.12;

/** By how much the work of the n-th server in a stage differs: evenly spread around one, the same every time. */
function variation(count: number, stage: number, parallel: number): number {
  const golden = 0.618_033_988_749_895;
  return parallel === 1 ? 1 : 1 + uneven * (2 * (((count * 4 + stage) * golden) % 1) - 1);
}

interface Runner {
  readonly load: Load;
  readonly number: number;
  readonly journey: Generator<Step, void, number>;
  readonly stageMs: Record<Stage, number>;
  readonly beganAtMs: number;
  downAtMs: number;
  /** Null once it has arrived. */
  step: Step | null;
  left: number;
}

/** Plays a campaign on a site's model: from event to event, everyone in a stage sharing what it gives. */
export function playCampaign(model: SiteModel, loads: readonly Load[], drive: Drive): { passages: Passage[]; lengthMs: number } {
  const byId = new Map(loads.map((load) => [load.id, load]));
  const passages: Passage[] = [];
  let nowMs = 0;
  let count = 0;
  for (const [index, wave] of drive.waves.entries()) {
    if (index > 0) nowMs += drive.gapMs ?? 0;
    const waiting = wave.flatMap((id) => byId.get(id) ?? []);
    const lanes = Array.from({ length: Math.min(drive.parallel, waiting.length) }, () => nowMs);
    let running: Runner[] = [];
    while (waiting.length > 0 || running.length > 0) {
      while (waiting.length > 0 && lanes.some((free) => free <= nowMs)) {
        lanes.splice(
          lanes.findIndex((free) => free <= nowMs),
          1,
        );
        running.push(begin(model, waiting.shift() as Load, count++, nowMs, drive.parallel));
      }
      const paces = running.map((runner) => pace(model, running, runner));
      const nextLane = waiting.length > 0 ? Math.min(...lanes, Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
      const stepMs = Math.min(nextLane - nowMs, ...running.map((runner, i) => (runner.left / (paces[i] as number)) * 1000));
      nowMs += stepMs;
      for (const [i, runner] of running.entries()) advance(runner, stepMs, paces[i] as number, nowMs, drive.parallel);
      for (const { load, beganAtMs, downAtMs, stageMs } of running.filter(({ step }) => step === null)) {
        passages.push({ id: load.id, beganAtMs, downAtMs, upAtMs: nowMs, stageMs });
        lanes.push(nowMs + (drive.pauseMs ?? 0));
      }
      running = running.filter(({ step }) => step !== null);
    }
  }
  return { passages, lengthMs: nowMs };
}

function begin(model: SiteModel, load: Load, number: number, nowMs: number, parallel: number): Runner {
  const runner: Runner = {
    ...{ load, number, journey: journeyOf(model, load, nowMs), stageMs: { before: 0, transfer: 0, register: 0, boot: 0 } },
    ...{ beganAtMs: nowMs, downAtMs: Number.NaN, step: null, left: 0 },
  };
  goOn(runner, nowMs, parallel);
  return runner;
}

/** Enters the next step, or arrives. */
function goOn(runner: Runner, nowMs: number, parallel: number): void {
  const step = runner.journey.next(nowMs).value ?? null;
  runner.step = step;
  if (step === null) return;
  if (step.isDown && Number.isNaN(runner.downAtMs)) runner.downAtMs = nowMs;
  runner.left = step.work * variation(runner.number, stages.indexOf(step.stage), parallel);
}

function pace(model: SiteModel, running: readonly Runner[], { step }: Runner): number {
  return step === null ? 0 : paceOf(model, step.stage, running.filter((other) => other.step?.stage === step.stage).length);
}

function advance(runner: Runner, stepMs: number, pace: number, nowMs: number, parallel: number): void {
  if (runner.step === null) return;
  const done = (pace * stepMs) / 1000;
  runner.stageMs[runner.step.stage] += stepMs;
  runner.left -= done;
  // What is left of a byte or a microsecond is rounding.
  while (runner.step !== null && runner.left <= 1e-6 * Math.max(1, done)) goOn(runner, nowMs, parallel);
}
