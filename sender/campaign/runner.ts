import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceCloud, SourceRetirement } from '../../shared/cloud/cloud.ts';
import type { WorkerPool } from '../../shared/disk/worker-pool.ts';
import type { Log } from '../../shared/log.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import type { CampaignStatus, DiskVerdict } from '../control/commands.ts';
import { offerDisk } from '../disks/offer.ts';
import { standingOf, type Wish } from '../migration/fact.ts';
import type { PastMove } from '../migration/forecast.ts';
import { Peer, type PeerOptions } from '../receiver/peer.ts';
import type { Campaign } from './campaign.ts';
import { pursue } from './journey.ts';
import { Progress } from './progress.ts';
import { statusOf } from './status.ts';
import { verifyCampaign } from './verify.ts';

/** Between two attempts to open a source cloud that does not answer: milliseconds. */
const reopenMs = 15_000;

/** What a runner is given by the daemon. */
export interface RunnerTools {
  readonly source: () => Promise<SourceCloud>;
  readonly retirement: () => Promise<SourceRetirement>;
  readonly peer: Omit<PeerOptions, 'campaign' | 'onBuilt' | 'onState'>;
  readonly log: Log;
  /** The threads of the daemon, which all its campaigns share. */
  readonly workers: WorkerPool;
  readonly onChange: () => void;
  /** What earlier moves took, of whatever campaign. */
  readonly history: () => readonly PastMove[];
  readonly retryDelaysMs: readonly number[];
}

/** Keeps one campaign going: a peer of its own, one course at a time, a new course for each new wish. */
export class Runner {
  readonly campaign: Campaign;
  readonly #tools: RunnerTools;
  readonly #progress = new Progress();
  readonly #stopping = new AbortController();
  readonly #built = new Set<string>();
  /** Aborts the present course when another wish takes over. */
  #overrule = new AbortController();
  /** Aborts when a pause is asked for: servers that are not down yet need not arrive. */
  #halt = new AbortController();
  /** Aborts the verification under way: a campaign has one connection to the receiver at a time. */
  #verifying: AbortController | null = null;
  #wishing = 0;
  #course: Promise<void> | null = null;
  /** Whether the journal has failed: nothing may be done that cannot be noted. */
  #stuck = false;

  constructor(campaign: Campaign, tools: RunnerTools) {
    this.campaign = campaign;
    this.#tools = tools;
  }

  status(): CampaignStatus {
    return statusOf(this.campaign, this.#progress, this.#built.size, this.#tools.history);
  }

  /** Goes on where the journal says the campaign was; nothing happens to one that rests. */
  start(): void {
    if (this.#course !== null || this.#verifying !== null || this.#wishing > 0 || this.#stuck) return;
    if (standingOf(this.campaign.journal.facts).is === 'resting') return;
    this.#course = this.#pursue().finally(() => {
      this.#course = null;
      this.#tools.onChange();
      // A wish that arrived meanwhile.
      if (!this.#stopping.signal.aborted) this.start();
    });
  }

  /** Notes a wish and works on it. A pause lets the servers that are down arrive and halts the others; every other wish interrupts them. */
  async wish(wish: Wish, deleteSource = false): Promise<void> {
    this.#wishing += 1;
    // First of all: a course that ends just now must not lay the campaign to rest behind the wish.
    this.#verifying?.abort(new Problem('E_CANCELLED', `The operator asked for ${wish}.`));
    if (wish !== 'pause') this.#overrule.abort(new Problem('E_CANCELLED', `The operator asked for ${wish}.`));
    try {
      await this.campaign.journal.append({ fact: 'asked', wish, ...(wish === 'commit' ? { deleteSource } : {}) });
      this.#stuck = false;
      // Once it is noted: a course that is halted must find the wish.
      if (wish === 'pause') this.#halt.abort(new Problem('E_CANCELLED', 'The operator asked for pause.'));
    } finally {
      this.#wishing -= 1;
      this.start();
      this.#tools.onChange();
    }
  }

  /** Notes that servers are to be cut over; those that wait for it go on at once. */
  async cutOver(servers: readonly string[]): Promise<void> {
    for (const server of servers) await this.campaign.journal.append({ fact: 'cutover asked', server });
    this.#tools.onChange();
  }

  /** Reads both sides of the resting campaign again. Throws E_CAMPAIGN_STATE while that goes on already, E_CANCELLED when a wish comes between. */
  async verify(): Promise<DiskVerdict[]> {
    if (this.#course !== null || this.#verifying !== null)
      throw new Problem('E_CAMPAIGN_STATE', `Campaign ${this.campaign.id} is at work, or is being verified already.`);
    const verifying = new AbortController();
    this.#verifying = verifying;
    const signal = AbortSignal.any([verifying.signal, this.#stopping.signal]);
    const peer = new Peer({ ...this.#tools.peer, campaign: this.campaign.id });
    peer.start();
    try {
      return await verifyCampaign(this.campaign, {
        source: await this.#openSource(signal),
        ask: (name, params, given) => peer.ask(name, params, given),
        signal,
      });
    } finally {
      await peer.stop('The verification is over.');
      this.#verifying = null;
      // A wish that came meanwhile.
      if (!this.#stopping.signal.aborted) this.start();
    }
  }

  /** Stops without taking anything back; the next start goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Problem('E_CANCELLED', 'The sender is stopping.'));
    await this.#course;
    await this.campaign.journal.close();
  }

  async #pursue(): Promise<void> {
    const { log, onChange } = this.#tools;
    this.#overrule = new AbortController();
    this.#halt = new AbortController();
    const overruled = this.#overrule.signal;
    const patience = new Patience(this.campaign.plan.options.peer_timeout_seconds * 1000);
    const peer = new Peer({
      ...this.#tools.peer,
      campaign: this.campaign.id,
      onBuilt: (ref) => {
        this.#built.add(ref);
        onChange();
      },
      onState: ({ state, problem }) => patience.hear(state === 'connected', problem),
    });
    // A bundle has no receiver: there is nobody to dial, and nobody who could be missed.
    if (this.campaign.plan.to === 'receiver') peer.start();
    else patience.end();
    try {
      const rests = await pursue(this.campaign, {
        source: await this.#openSource(AbortSignal.any([this.#stopping.signal, overruled])),
        retirement: this.#tools.retirement,
        ask: (name, params, signal) => peer.ask(name, params, signal),
        offer: offerDisk(peer, this.#tools.workers),
        onDisk: (...heard) => {
          this.#progress.hear(...heard);
          onChange();
        },
        retryDelaysMs: this.#tools.retryDelaysMs,
        signal: this.#stopping.signal,
        overruled,
        halted: this.#halt.signal,
        history: this.#tools.history,
        deserted: patience.signal,
      });
      log.info({ campaign: this.campaign.id, rests }, 'campaign rests');
    } catch (error) {
      await this.#rest(asProblem(error));
    } finally {
      patience.end();
      await peer.stop('The campaign rests.');
    }
  }

  /** The source cloud; asked again while it does not answer, for a server of ours may be waiting in the middle of its move. */
  async #openSource(signal: AbortSignal): Promise<SourceCloud> {
    for (;;) {
      try {
        return await this.#tools.source();
      } catch (error) {
        const problem = asProblem(error);
        if (problem.retry === 'never') throw problem;
        this.#tools.log.warn({ problem }, 'the source cloud does not answer');
        await sleep(reopenMs, undefined, { signal });
      }
    }
  }

  /** Notes what a campaign cannot go on for. A journal that takes no more facts leaves that to the log; a restart goes on where it was. */
  async #rest(problem: Problem): Promise<void> {
    const { log } = this.#tools;
    log.error({ problem, campaign: this.campaign.id }, 'campaign cannot go on');
    if (this.#stopping.signal.aborted || this.#overrule.signal.aborted) return;
    try {
      await this.campaign.journal.append({ fact: 'rests', state: 'failed', problem: problem.toJSON() });
    } catch (error) {
      log.error({ err: error, campaign: this.campaign.id }, 'the journal takes no facts');
      this.#stuck = true;
    }
  }
}

/** Ends when the receiver has been away for too long, with the problem that kept it away. */
class Patience {
  readonly #limitMs: number;
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #problem: Problem | null = null;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.hear(false, null);
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  hear(connected: boolean, problem: Problem | null): void {
    this.#problem = problem;
    if (connected) this.end();
    else
      this.#timer ??= setTimeout(
        () =>
          this.#over.abort(
            this.#problem ?? new Problem('E_PEER_LOST', `The receiver was away for ${Math.round(this.#limitMs / 1000)} s.`),
          ),
        this.#limitMs,
      );
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
