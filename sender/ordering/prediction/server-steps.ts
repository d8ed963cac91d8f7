import { whyEnough } from '../../migration/round.ts';
import type { Load, SiteModel, Stage } from './model.ts';
import { stageWork } from './model.ts';

/**
 * A step of a move: its stage, its work (bytes or milliseconds), and whether the server is down.
 */
export interface ServerStep {
  readonly stage: Stage;
  readonly work: number;
  readonly isDown: boolean;
}

/**
 * The steps of a server's move; `next` takes the time at which the last step ended. A warm server
 * is copied in rounds by the sender's own rule, each with what it changed during the last one.
 */
export function* serverSteps(model: SiteModel, load: Load, beganMs: number): Generator<ServerStep, void, number> {
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
  yield { stage: 'before', work: stageWork(model, 'before', load) + scanMs, isDown: true };
  yield { stage: 'transfer', work: bytes, isDown: true };
  yield { stage: 'register', work: stageWork(model, 'register', load), isDown: true };
  yield { stage: 'boot', work: stageWork(model, 'boot', load), isDown: true };
}
