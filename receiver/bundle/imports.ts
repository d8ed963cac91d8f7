import { Problem } from '../../shared/problem.ts';

interface Running {
  readonly stop: AbortController;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * The imports under way, one for each campaign: whoever begins again is the same operator, whose
 * earlier command is gone.
 */
export class Imports {
  readonly #running = new Map<string, Running>();

  /**
   * Begins an import that `signal` may end. `bind` names its campaign: it ends an older import of
   * that, and waits until it is over; `end` MUST be called.
   */
  begin(signal: AbortSignal): {
    readonly signal: AbortSignal;
    readonly bind: (campaign: string) => Promise<void>;
    readonly end: () => void;
  } {
    const mine: Running = { stop: new AbortController(), done: Promise.withResolvers() };
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
