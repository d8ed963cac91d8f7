import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceCloud, SourceRetirement } from '../shared/cloud/cloud.ts';
import type { Crew } from '../shared/disk/crew.ts';
import type { Log } from '../shared/log.ts';
import { asProblem, Problem } from '../shared/problem.ts';
import type { Campaign } from './campaign.ts';
import type { CampaignStatus } from './commands.ts';
import { pursue } from './course.ts';
import { offerDisk } from './disks/offer.ts';
import { standingOf, type Wish } from './migration/fact.ts';
import { retryDelaysMs } from './migration/migrate.ts';
import { Peer, type PeerOptions } from './peer.ts';
import { Progress } from './progress.ts';
import { statusOf } from './status.ts';

/** Between two attempts to open a source cloud that does not answer: milliseconds. */
const reopenMs = 15_000;

/** What a runner is given by the daemon. */
export interface RunnerTools {
  readonly source: () => Promise<SourceCloud>;
  readonly retirement: () => Promise<SourceRetirement>;
  readonly peer: Omit<PeerOptions, 'campaign' | 'onBuilt' | 'onState'>;
  readonly log: Log;
  /** The threads of the daemon, which all its campaigns share. */
  readonly crew: Crew;
  readonly onChange: () => void;
  readonly retryDelaysMs?: readonly number[];
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
  #wishing = 0;
  #course: Promise<void> | null = null;
  /** Whether the journal has failed: nothing may be done that cannot be noted. */
  #stuck = false;

  constructor(campaign: Campaign, tools: RunnerTools) {
    this.campaign = campaign;
    this.#tools = tools;
  }

  status(): CampaignStatus {
    return statusOf(this.campaign, this.#progress, this.#built.size);
  }

  /** Goes on where the journal says the campaign was; nothing happens to one that rests. */
  start(): void {
    if (this.#course !== null || this.#wishing > 0 || this.#stuck || standingOf(this.campaign.journal.facts).is === 'resting')
      return;
    this.#course = this.#pursue().finally(() => {
      this.#course = null;
      this.#tools.onChange();
      // A wish that arrived meanwhile.
      if (!this.#stopping.signal.aborted) this.start();
    });
  }

  /** Notes a wish and works on it. A pause lets the servers on their way arrive; every other wish interrupts them. */
  async wish(wish: Wish, deleteSource = false): Promise<void> {
    this.#wishing += 1;
    // First of all: a course that ends just now must not lay the campaign to rest behind the wish.
    if (wish !== 'pause') this.#overrule.abort(new Problem('E_CANCELLED', `The operator asked for ${wish}.`));
    try {
      await this.campaign.journal.append({ fact: 'asked', wish, ...(wish === 'commit' ? { deleteSource } : {}) });
      this.#stuck = false;
    } finally {
      this.#wishing -= 1;
      this.start();
      this.#tools.onChange();
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
    peer.start();
    try {
      const rests = await pursue(this.campaign, {
        source: await this.#openSource(AbortSignal.any([this.#stopping.signal, overruled])),
        retirement: this.#tools.retirement,
        ask: (name, params, signal) => peer.ask(name, params, signal),
        offer: offerDisk(peer, this.#tools.crew),
        onDisk: (...heard) => {
          this.#progress.hear(...heard);
          onChange();
        },
        retryDelaysMs: this.#tools.retryDelaysMs ?? retryDelaysMs,
        signal: this.#stopping.signal,
        overruled,
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
