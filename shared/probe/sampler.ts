import { answerOf } from './answer.ts';

/**
 * Between two samples of one address: milliseconds. Six a second and more, so that a measured time
 * is right within a sixth of one.
 */
const intervalMs = 150;

/** How long one sample may wait for its answer, and how many of one address may wait at once. */
const answerMs = 1_000;
const atOnce = 8;

/**
 * What the samples of one address showed: when it answered first and last, by `performance.now()`,
 * and how often.
 */
export interface SeenAnswers {
  readonly address: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly answers: number;
}

/**
 * What a sampler works with. `addresses` is asked before every sample, for they may become known
 * meanwhile.
 */
export interface SamplerOptions {
  readonly probe: string;
  readonly addresses: () => readonly string[];
  /** Hears every answer as it comes. */
  readonly onAnswer?: (address: string) => void;
}

/** Samples addresses over and over until it is stopped. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #over = new AbortController();
  readonly #seen = new Map<string, SeenAnswers>();
  readonly #waiting = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #samples = 0;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** How many looks were taken. */
  get samples(): number {
    return this.#samples;
  }

  /** Every address that answered. */
  get seen(): SeenAnswers[] {
    return [...this.#seen.values()];
  }

  /** Resolves when every address known now was looked at once, answer or not. */
  async start(): Promise<void> {
    const first = this.#sample();
    this.#timer = setInterval(() => void this.#sample(), intervalMs);
    this.#timer.unref();
    await first;
  }

  /** Stops at once; what still waits for an answer is given up. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#over.abort();
  }

  async #sample(): Promise<void> {
    await Promise.all(this.#options.addresses().map((address) => this.#look(address)));
  }

  async #look(address: string): Promise<void> {
    const waiting = this.#waiting.get(address) ?? 0;
    if (waiting >= atOnce) return;
    this.#waiting.set(address, waiting + 1);
    this.#samples += 1;
    const { good } = await answerOf(this.#options.probe, address, answerMs, this.#over.signal);
    this.#waiting.set(address, (this.#waiting.get(address) ?? 1) - 1);
    if (good && !this.#over.signal.aborted) this.#note(address);
  }

  #note(address: string): void {
    const now = performance.now();
    const before = this.#seen.get(address);
    this.#seen.set(address, { address, firstMs: before?.firstMs ?? now, lastMs: now, answers: (before?.answers ?? 0) + 1 });
    this.#options.onAnswer?.(address);
  }
}
