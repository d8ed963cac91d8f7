interface Lines<T> {
  readonly urgent: T[];
  readonly usual: T[];
}

/**
 * Things that wait for their turn, by whose they are: every owner is served in turn, and of one
 * owner what is urgent first.
 */
export class FairQueue<T> {
  readonly #lines = new Map<object, Lines<T>>();

  add(owner: object, thing: T, urgent = false): void {
    const lines = this.#lines.get(owner) ?? { urgent: [], usual: [] };
    this.#lines.set(owner, lines);
    (urgent ? lines.urgent : lines.usual).push(thing);
  }

  /** The next thing; its owner goes to the end of the line. */
  next(): T | undefined {
    for (const [owner, lines] of this.#lines) {
      const thing = lines.urgent.shift() ?? lines.usual.shift();
      this.#lines.delete(owner);
      if (lines.urgent.length + lines.usual.length > 0) this.#lines.set(owner, lines);
      return thing;
    }
    return undefined;
  }

  /** Takes everything that waits. */
  clear(): T[] {
    const all = [...this.#lines.values()].flatMap(({ urgent, usual }) => [...urgent, ...usual]);
    this.#lines.clear();
    return all;
  }
}
