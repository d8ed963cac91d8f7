/** Lets at most so many works run at once; the others wait, in the order in which they came. */
export class Turns {
  readonly #waiting: { readonly begin: () => void }[] = [];
  #free: number;

  constructor(width: number) {
    this.#free = width;
  }

  /** Does work when its turn comes; a work whose signal ends while it waits is not begun, and rejects with the signal's reason. */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next.begin();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal.reason);
      };
      const turn = {
        begin: (): void => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      this.#waiting.push(turn);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
