import { Problem } from '../../shared/problem.ts';

interface RunningImport {
  readonly stop: AbortController;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * The imports under way, one for each campaign: a second one replaces the first, whose operator's
 * command has gone.
 */
export class Imports {
  readonly #running = new Map<string, RunningImport>();

  /**
   * Begins an import that `signal` may end. `bind` names its campaign, ends an older import of it
   * and waits for its end; `end` MUST be called.
   */
  begin(signal: AbortSignal): {
    readonly signal: AbortSignal;
    readonly bind: (campaign: string) => Promise<void>;
    readonly end: () => void;
  } {
    const mine: RunningImport = { stop: new AbortController(), done: Promise.withResolvers() };
    return {
      signal: AbortSignal.any([signal, mine.stop.signal]),
      bind: async (campaign) => {
        const older = this.#running.get(campaign);
        this.#running.set(campaign, mine);
        older?.stop.abort(new Problem('E_CANCELLED', `Campaign ${campaign} is imported by another command now.`));
        await older?.done.promise;
      },
      end: () => {
        for (const [campaign, running] of this.#running) if (running === mine) this.#running.delete(campaign);
        mine.done.resolve();
      },
    };
  }
}
