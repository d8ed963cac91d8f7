import { Condition } from '../../shared/concurrency/condition.ts';

/**
 * Where the members of an atomic group wait for each other before a phase: all who wait go on in
 * the same moment, or none does.
 */
export class Rendezvous {
  readonly #members: readonly string[];
  readonly #hasPassed: (member: string, phase: string) => boolean;
  readonly #here = new Map<string, Set<string>>();
  readonly #complete = new Condition();

  /** `hasPassed`: whether a member went past a phase before, in an earlier life of the daemon. */
  constructor(members: readonly string[], hasPassed: (member: string, phase: string) => boolean) {
    this.#members = members;
    this.#hasPassed = hasPassed;
  }

  /**
   * Resolves once every member has come to a phase, or gone past it. Throws the signal's reason
   * where that comes first.
   */
  async meet(member: string, phase: string, signal: AbortSignal): Promise<void> {
    const here = this.#here.get(phase) ?? new Set<string>();
    this.#here.set(phase, here.add(member));
    const isComplete = (): boolean => this.#members.every((one) => here.has(one) || this.#hasPassed(one, phase));
    signal.throwIfAborted();
    if (isComplete()) this.#complete.notifyAll();
    else while (!isComplete()) await this.#complete.wait([signal]);
  }
}
