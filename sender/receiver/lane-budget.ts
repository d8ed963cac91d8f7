/**
 * How many lanes the sessions of a sender have together: each takes memory on both sides, and a
 * hundred campaigns fill a line without them. Every session may have one.
 */
export class LaneBudget {
  readonly #most: number;
  readonly #given = new Map<object, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** How many lanes a session may have that wants so many, from now on. */
  give(session: object, wanted: number): number {
    this.#given.delete(session);
    const others = [...this.#given.values()].reduce((sum, lanes) => sum + lanes, 0);
    const given = Math.max(1, Math.min(wanted, this.#most - others));
    this.#given.set(session, given);
    return given;
  }

  /** The session is over. */
  giveBack(session: object): void {
    this.#given.delete(session);
  }
}
