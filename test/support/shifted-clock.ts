/** The clock of this process, which a test may set while everything runs. */
export class ShiftedClock {
  readonly #Real = Date;
  #byMs = 0;

  constructor() {
    const real = this.#Real;
    const nowMs = (): number => real.now() + this.#byMs;
    globalThis.Date = new Proxy(real, {
      construct: (_, given: [] | [string | number | Date]) =>
        given.length === 0 ? new real(nowMs()) : Reflect.construct(real, given),
      get: (_, name, receiver) => (name === 'now' ? nowMs : Reflect.get(real, name, receiver)),
    });
  }

  /** Sets the clock forward, or back where it is negative; timers go on as they were. */
  step(byMs: number): void {
    this.#byMs += byMs;
  }

  /** Gives the process its own clock back. */
  restore(): void {
    globalThis.Date = this.#Real;
  }
}
