import { whyEnough } from '../../migration/round.ts';
import type { Load, SiteModel, Stage } from './model.ts';
import { workOf } from './model.ts';

/** One stretch of a server's way: a stage, its work there (bytes, or milliseconds), and whether the server is down meanwhile. */
export interface Step {
  readonly stage: Stage;
  readonly work: number;
  readonly isDown: boolean;
}

/**
 * What a server passes, step by step; each `next` is told the time at which the last step ended. A warm one is copied in rounds while it runs, each bringing what
 * it changed during the one before, and is stopped by the rule by which the sender ends rounds; what it changed since the last one is copied while it is down.
 */
export function* journeyOf(model: SiteModel, load: Load, beganMs: number): Generator<Step, void, number> {
  let bytes = load.sentBytes;
  let scanMs = 0;
  if (load.warm !== undefined) {
    const { changedRate, ...options } = load.warm;
    const rounds: { bytes: number }[] = [];
    for (let fromMs = beganMs; whyEnough(rounds, options) === null; ) {
      yield { stage: 'before', work: model.snapshotMs + scanMs, isDown: false };
      const untilMs = yield { stage: 'transfer', work: bytes, isDown: false };
      rounds.push({ bytes });
      bytes = Math.min(load.diskBytes, (changedRate * (untilMs - fromMs)) / 1000);
      scanMs = (1000 * load.diskBytes) / model.scanRate;
      fromMs = untilMs;
    }
  }
  yield { stage: 'before', work: workOf(model, 'before', load) + scanMs, isDown: true };
  yield { stage: 'transfer', work: bytes, isDown: true };
  yield { stage: 'register', work: workOf(model, 'register', load), isDown: true };
  yield { stage: 'boot', work: workOf(model, 'boot', load), isDown: true };
}
