import { type Load, paceOf, type SiteModel, type Stage, stages, workOf } from './model.ts';

/** How a campaign is driven: its waves, and how many servers at once inside a wave. */
export interface Drive {
  readonly waves: readonly (readonly string[])[];
  readonly parallel: number;
  readonly pauseMs?: number | undefined;
  /** Between two waves. */
  readonly gapMs?: number | undefined;
}

/** When a server goes down and is up again, in milliseconds from the start. */
export interface Passage {
  readonly id: string;
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
  readonly work: readonly number[];
  readonly load: Load;
  readonly downAtMs: number;
  readonly stageMs: number[];
  stage: number;
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
        const load = waiting.shift() as Load;
        const number = count++;
        const work = stages.map((stage, index) => workOf(model, stage, load) * variation(number, index, drive.parallel));
        running.push({ load, work, downAtMs: nowMs, stageMs: [0, 0, 0, 0], stage: 0, left: work[0] as number });
      }
      const paces = running.map((runner) => pace(model, running, runner));
      const nextLane = waiting.length > 0 ? Math.min(...lanes, Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
      const stepMs = Math.min(nextLane - nowMs, ...running.map((runner, i) => (runner.left / (paces[i] as number)) * 1000));
      nowMs += stepMs;
      for (const [i, runner] of running.entries()) advance(runner, stepMs, paces[i] as number);
      for (const runner of running.filter(({ stage }) => stage === stages.length)) {
        const [before = 0, copy = 0, register = 0, boot = 0] = runner.stageMs;
        const { load, downAtMs } = runner;
        passages.push({ id: load.id, downAtMs, upAtMs: nowMs, stageMs: { before, copy, import: register, boot } });
        lanes.push(nowMs + (drive.pauseMs ?? 0));
      }
      running = running.filter(({ stage }) => stage < stages.length);
    }
  }
  return { passages, lengthMs: nowMs };
}

function pace(model: SiteModel, running: readonly Runner[], { stage }: Runner): number {
  return paceOf(model, stages[stage] as Stage, running.filter((other) => other.stage === stage).length);
}

function advance(runner: Runner, stepMs: number, pace: number): void {
  const done = (pace * stepMs) / 1000;
  runner.stageMs[runner.stage] = (runner.stageMs[runner.stage] as number) + stepMs;
  runner.left -= done;
  // What is left of a byte or a microsecond is rounding.
  while (runner.left <= 1e-6 * Math.max(1, done) && runner.stage < stages.length) {
    runner.stage++;
    runner.left = runner.work[runner.stage] ?? Number.POSITIVE_INFINITY;
  }
}
