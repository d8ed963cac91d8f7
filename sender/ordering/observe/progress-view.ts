import { visible } from '../../../shared/print/text.ts';
import { showDuration } from '../../../shared/print/units.ts';
import type { ObserveProgress } from './observe.ts';

/**
 * The progress as a terminal redraws it, and as items that are written where nothing is redrawn.
 */
interface ProgressView {
  readonly picture: () => readonly string[];
  readonly items: readonly { readonly key: string; readonly state: string; readonly text: string }[];
}

/** How often the remaining time is written where nothing is redrawn. */
const lineMs = 60_000;

/** The progress of an observation for the terminal. */
export function progressView({ sources, conversations, rejected, leftMs }: ObserveProgress): ProgressView {
  const left = leftMs > 0 ? `${showDuration(leftMs)} left` : 'ending';
  const total = `${conversations} conversations, ${rejected} not counted, ${left}`;
  const lines = sources.map(({ name, seen, state }) => `${state.padEnd(8)}  ${visible(name)}: ${seen} flows`);
  return {
    picture: () => [...lines, total],
    items: [
      ...sources.map(({ name, state }) => ({ key: name, state, text: `${state}: ${visible(name)}` })),
      { key: '', state: String(Math.ceil(leftMs / lineMs)), text: total },
    ],
  };
}
