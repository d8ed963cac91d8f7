import { setTimeout as sleep } from 'node:timers/promises';
import { isNetworkProbe } from '../../shared/probe/answer.ts';
import { Sampler } from '../../shared/probe/sampler.ts';
import { isUnrouted } from '../../shared/probe/unrouted.ts';
import type { Fact } from '../migration/fact.ts';
import { downtimePhases, itinerary } from '../migration/itinerary.ts';
import type { Move } from '../migration/move.ts';
import type { Ask, Phase } from '../migration/phase.ts';

const stops = downtimePhases[0];
const proves = downtimePhases.at(-1);
const changesNetwork = itinerary.find(({ network }) => network === true);

/**
 * How long addresses are probed after the stop, because another machine may answer: milliseconds.
 */
const afterwardsMs = 1_000;

/** How late an answer from before the stop may arrive: milliseconds. */
const lateMs = 300;

/**
 * Pause between two questions to the receiver about a healthy server (milliseconds), and how many.
 */
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
 * Measures one move's downtime with the plan's probe: the sender probes the old server, the
 * receiver the new one. A failed measurement is a dash in the report, and delays nothing.
 */
export class DowntimeProbe {
  readonly #move: Move;
  readonly #tools: DowntimeTools;
  readonly #pending: Promise<void>[] = [];

  constructor(move: Move, tools: DowntimeTools) {
    this.#move = move;
    this.#tools = tools;
  }

  /** Runs a phase's work, and probes meanwhile where a server may answer. */
  async around<T>(phase: Phase, { learned }: Move, work: () => Promise<T>): Promise<T> {
    const { probe } = this.#move;
    if (probe === undefined || !isNetworkProbe(probe) || learned.was !== 'running') return work();
    if (phase === stops) return this.#whileStopping(probe, work);
    if (phase === changesNetwork) this.#later(() => this.#ask(probe));
    const done = await work();
    if (phase === proves) this.#later(() => this.#noteFirst(probe));
    return done;
  }

  /** Resolves when nothing is being measured any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #whileStopping<T>(probe: string, work: () => Promise<T>): Promise<T> {
    const sampler = new Sampler({ probe, addresses: () => this.#move.addresses.filter((address) => !isUnrouted(address)) });
    try {
      // A server that stops at once answers only before that.
      await sampler.start();
      const done = await work();
      const stoppedMs = performance.now();
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
    await this.#note('last answer', last.address, performance.now() - last.lastMs, sampler.samples);
  }

  async #noteFirst(probe: string): Promise<void> {
    for (let times = 0; times < asks; times += 1) {
      const { address, ago_ms, samples } = await this.#ask(probe);
      if (address !== null && ago_ms !== null)
        return void (await this.#note('first answer', address, Math.max(0, ago_ms), samples));
      await sleep(askMs, undefined, { signal: this.#tools.signal });
    }
  }

  #note(fact: 'last answer' | 'first answer', address: string, agoMs: number, samples: number): Promise<unknown> {
    const answered_at = new Date(Date.now() - agoMs).toISOString();
    return this.#tools.note({ fact, server: this.#move.server.id, address, answered_at, samples });
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
