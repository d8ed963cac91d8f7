import { setTimeout as sleep } from 'node:timers/promises';
import { isNetworkProbe } from '../../shared/probe/answer.ts';
import { Sampler } from '../../shared/probe/sampler.ts';
import type { Fact } from '../migration/fact.ts';
import type { Ask, Move } from '../migration/phase.ts';

/** How long addresses are looked at after the server was seen stopped: what still answers then is somebody else. Milliseconds; the first of them may bring an answer late. */
const afterwardsMs = 1_000;
const lateMs = 300;

/** How often, and how many times, the receiver is asked what it saw once the server is healthy: milliseconds. */
const askMs = 200;
const asks = 10;

/** What a measurement works with. */
export interface DowntimeTools {
  readonly campaign: string;
  readonly ask: Ask;
  readonly note: (fact: Fact) => Promise<unknown>;
  readonly signal: AbortSignal;
}

/**
 * Measures one move's downtime from outside its itinerary: samples the old server while it is stopped, and has the receiver sample the new one. Servers without a
 * probe, or with one that no address answers, are not measured. A measurement that fails leaves a dash in the report; it never fails a move, nor prolongs its downtime.
 */
export class DowntimeProbe {
  readonly #move: Move;
  readonly #tools: DowntimeTools;
  readonly #pending: Promise<void>[] = [];

  constructor(move: Move, tools: DowntimeTools) {
    this.#move = move;
    this.#tools = tools;
  }

  /** Does a phase's work, and looks where there is something to see. */
  async around<T>(phase: string, { learned }: Move, work: () => Promise<T>): Promise<T> {
    const { probe } = this.#move;
    if (probe === undefined || !isNetworkProbe(probe) || learned.was !== 'running') return work();
    if (phase === 'stop') return this.#whileStopping(probe, work);
    if (phase === 'plug') this.#later(() => this.#ask(probe));
    const done = await work();
    if (phase === 'probe') this.#later(() => this.#noteFirst(probe));
    return done;
  }

  /** Resolves when nothing is being measured any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #whileStopping<T>(probe: string, work: () => Promise<T>): Promise<T> {
    const sampler = new Sampler({ probe, addresses: () => this.#move.addresses });
    try {
      // A server that stops at once was never seen otherwise: its last answer is one from before.
      await sampler.start();
      const done = await work();
      const stoppedMs = Date.now();
      this.#later(() => this.#noteLast(sampler, stoppedMs));
      return done;
    } catch (error) {
      sampler.stop();
      throw error;
    }
  }

  async #noteLast(sampler: Sampler, stoppedMs: number): Promise<void> {
    try {
      await sleep(afterwardsMs, undefined, { signal: this.#tools.signal });
    } finally {
      sampler.stop();
    }
    const [last] = sampler.seen.filter(({ lastMs }) => lastMs <= stoppedMs + lateMs).sort((a, b) => b.lastMs - a.lastMs);
    if (last === undefined) return;
    await this.#note('last answer', last.address, last.lastMs, sampler.samples);
  }

  async #noteFirst(probe: string): Promise<void> {
    for (let times = 0; times < asks; times += 1) {
      const { address, ago_ms, samples } = await this.#ask(probe);
      if (address !== null && ago_ms !== null)
        return void (await this.#note('first answer', address, Date.now() - ago_ms, samples));
      await sleep(askMs, undefined, { signal: this.#tools.signal });
    }
  }

  #note(fact: 'last answer' | 'first answer', address: string, atMs: number, samples: number): Promise<unknown> {
    return this.#tools.note({ fact, server: this.#move.server.id, address, answered_at: new Date(atMs).toISOString(), samples });
  }

  #ask(probe: string) {
    const { campaign, ask, signal } = this.#tools;
    return ask('server.watch', { campaign, server: this.#move.server.id, probe }, signal);
  }

  #later(measure: () => Promise<unknown>): void {
    this.#pending.push(
      measure().then(
        () => undefined,
        () => undefined,
      ),
    );
  }
}
