import { Sampler } from '../../shared/probe/sampler.ts';
import { isUnrouted } from '../../shared/probe/unrouted.ts';

/** A new server that never answers is no longer looked at: milliseconds. */
const longestMs = 3_600_000;

/**
 * What was seen of a new server. `ago_ms`: time since its first answer, null before it. Spans are
 * used because the two clocks differ, and one may be set while it is measured.
 */
export interface FirstAnswer {
  readonly address: string | null;
  readonly ago_ms: number | null;
  readonly samples: number;
}

/** What a watch knows of the server it waits for. */
export interface Watched {
  readonly probe: string;
  /**
   * The addresses at which the cloud has built it, as far as they are known. MUST come from the
   * cloud: a sender could name any address of the destination's own network.
   */
  readonly addresses: () => readonly string[];
  /** Whether it may exist: an earlier answer comes from another machine. */
  readonly isBegun: () => boolean;
}

/** Probes one new server from outside, from before it exists until it answers. */
export class Watch {
  readonly #sampler: Sampler;
  readonly #strangers = new Set<string>();
  readonly #limit: NodeJS.Timeout;
  #first: { readonly address: string; readonly atMs: number } | null = null;

  constructor({ probe, addresses, isBegun }: Watched) {
    this.#sampler = new Sampler({
      probe,
      addresses: () => addresses().filter((address) => !isUnrouted(address)),
      onAnswer: (address) => {
        if (!isBegun()) this.#strangers.add(address);
        else if (!this.#strangers.has(address)) this.#hear(address);
      },
    });
    this.#limit = setTimeout(() => this.stop(), longestMs);
    this.#limit.unref();
    void this.#sampler.start();
  }

  look(): FirstAnswer {
    const { samples } = this.#sampler;
    if (this.#first === null) return { address: null, ago_ms: null, samples };
    return { address: this.#first.address, ago_ms: performance.now() - this.#first.atMs, samples };
  }

  stop(): void {
    clearTimeout(this.#limit);
    this.#sampler.stop();
  }

  #hear(address: string): void {
    this.#first ??= { address, atMs: performance.now() };
    this.stop();
  }
}
