import type { Ref } from '../../shared/model/resource.ts';

/** A removal under way; `wanted` aborts where nobody waits for it any more. */
interface RunningRemoval {
  readonly done: Promise<boolean>;
  readonly wanted: AbortSignal | undefined;
}

/** The latest removal of each ref that is under way: one at a time. */
export class Removals {
  readonly #latest = new Map<Ref, RunningRemoval>();

  /**
   * Resolves when no removal of a ref is under way any more, even after a failure. One that was
   * asked for meanwhile is waited for, too.
   */
  async ended(ref: Ref): Promise<void> {
    for (let latest = this.#latest.get(ref); latest !== undefined; latest = this.#latest.get(ref))
      await latest.done.catch(() => undefined);
  }

  /** Resolves when no removal is under way any more. */
  async allEnded(): Promise<void> {
    while (this.#latest.size > 0) await Promise.allSettled([...this.#latest.values()].map(({ done }) => done));
  }

  /** Removes after an earlier removal of the same ref has ended, and fails with it. */
  run(ref: Ref, wanted: AbortSignal | undefined, remove: () => Promise<boolean>): Promise<boolean> {
    const earlier = this.#latest.get(ref);
    const removal = { done: earlier === undefined ? remove() : after(earlier, remove), wanted };
    this.#latest.set(ref, removal);
    return removal.done.finally(() => {
      if (this.#latest.get(ref) === removal) this.#latest.delete(ref);
    });
  }
}

/**
 * What the cloud refuses to an earlier request it refuses to this one, too: waiting once more for
 * each would keep them all waiting. One that was given up tells nothing.
 */
async function after({ done, wanted }: RunningRemoval, remove: () => Promise<boolean>): Promise<boolean> {
  try {
    await done;
  } catch (error) {
    if (wanted?.aborted !== true) throw error;
  }
  return remove();
}
