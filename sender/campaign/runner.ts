import type { SourceCloud, SourceRetirement } from '../../shared/cloud/source-cloud.ts';
import type { WorkerPool } from '../../shared/disk/worker-pool.ts';
import type { Log } from '../../shared/log.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import { offerDisk } from '../disks/offer.ts';
import { type Exceptions, restAfterFailure, type Standing, standingOf, type Wish } from '../migration/fact.ts';
import type { PastMove } from '../migration/forecast.ts';
import { Peer, type PeerOptions } from '../receiver/peer.ts';
import { bundleOf } from './bundle/bundle.ts';
import type { Campaign } from './campaign.ts';
import { isOver } from './campaign-states.ts';
import type { CampaignStatus } from './campaign-status.ts';
import { type Verification, verifyBothSides } from './compare/verification.ts';
import type { Waiver } from './compare/waivers.ts';
import type { EndedCampaign } from './ended.ts';
import { historyOf } from './history.ts';
import { unfinishedIn } from './left.ts';
import { openSource } from './open-source.ts';
import { Progress } from './progress.ts';
import { type ProofTools, proofOf } from './proof/proof.ts';
import { ReceiverAbsence } from './receiver-absence.ts';
import { runWish } from './run-wish.ts';
import { SourceWatch } from './source-watch.ts';
import { statusOf } from './status.ts';

/** What a runner is given by the daemon. */
export interface RunnerTools {
  readonly source: () => Promise<SourceCloud>;
  readonly retirement: () => Promise<SourceRetirement>;
  readonly peer: Omit<PeerOptions, 'campaign' | 'onBuilt' | 'onState'>;
  readonly log: Log;
  /** The worker threads of the daemon, which all its campaigns share. */
  readonly workers: WorkerPool;
  readonly onChange: () => void;
  /** What earlier moves took, of this and of other campaigns. */
  readonly history: () => readonly PastMove[];
  readonly retryDelaysMs: readonly number[];
  /** The campaigns that are being verified: one that is over has a runner for each caller. */
  readonly verifying: Set<string>;
}

/** What an operator says with a wish. */
export interface WishDetails extends Exceptions {
  readonly deleteSource?: boolean;
}

/** Runs one campaign: with its own connection, one wish at a time. */
export class Runner {
  readonly campaign: Campaign;
  readonly #tools: RunnerTools;
  readonly #progress = new Progress();
  readonly #stopping = new AbortController();
  /** What the receiver told of the network side since the daemon started: how each came to be. */
  readonly #built = new Map<string, string>();
  readonly #watch: SourceWatch;
  /** Aborts the work on the present wish when another one replaces it. */
  #supersede = new AbortController();
  /** Aborts on a pause: servers that still run are not moved further. */
  #halt = new AbortController();
  /** Aborts a verification: a campaign has one connection to the receiver at a time. */
  #verifying: AbortController | null = null;
  /** Aborts the writing of a bundle, whose servers a wish would start or whose snapshots delete. */
  #bundling: AbortController | null = null;
  /** Wishes that are being written to the journal. */
  #noting = 0;
  /** The work on the present wish; null while the campaign rests. */
  #work: Promise<void> | null = null;
  /** Whether the journal has failed: what cannot be noted MUST NOT be done. */
  #stuck = false;

  constructor(campaign: Campaign, tools: RunnerTools) {
    this.campaign = campaign;
    this.#tools = tools;
    this.#watch = new SourceWatch(campaign, tools.source, tools.onChange, this.#stopping.signal);
    campaign.journal.heed((fact) => {
      if (fact.fact === 'round') for (const { id } of campaign.moveOf(fact.server).disks) this.#progress.forget(id);
    });
  }

  status(): CampaignStatus {
    const standing = standingOf(this.campaign.journal.facts);
    const awake = mayRunTwice(standing) ? this.#watch.awake() : undefined;
    return statusOf(this.campaign, this.#progress, this.#built, this.#tools.history, awake);
  }

  /** What stays to be known of the campaign once it is over; null before. */
  ended(): EndedCampaign | null {
    if (this.#work !== null || this.#verifying !== null || this.#bundling !== null || this.#noting > 0) return null;
    if (!isOver(standingOf(this.campaign.journal.facts))) return null;
    // Its commit or rollback may be asked for again, to finish what it left.
    if (unfinishedIn(this.campaign) > 0) return null;
    return { status: this.status(), history: historyOf(this.campaign) };
  }

  /** Continues where the journal says the campaign was; a resting campaign stays at rest. */
  start(): void {
    if (this.#work !== null || this.#verifying !== null || this.#noting > 0 || this.#stuck) return;
    if (standingOf(this.campaign.journal.facts).is === 'resting') return;
    this.#work = this.#workOnWish().finally(() => {
      this.#work = null;
      this.#tools.onChange();
      // A wish arrived meanwhile.
      if (!this.#stopping.signal.aborted) this.start();
    });
  }

  /**
   * Notes a wish and works on it. A pause lets stopped servers arrive and halts the others; every
   * other wish interrupts all.
   */
  async wish(wish: Wish, { deleteSource = false, keep, giveUp }: WishDetails = {}): Promise<void> {
    this.#noting += 1;
    // This comes first: work that ends now must not let the campaign rest after the wish was noted.
    for (const one of [this.#verifying, this.#bundling])
      one?.abort(new Problem('E_CANCELLED', `The operator asked for ${wish}.`));
    if (wish !== 'pause') this.#supersede.abort(new Problem('E_CANCELLED', `The operator asked for ${wish}.`));
    try {
      const chosen = wish === 'commit' ? { deleteSource } : {};
      await this.campaign.journal.append({ fact: 'asked', wish, ...chosen, keep, giveUp });
      this.#stuck = false;
      // Only after it is noted: the halted work reads the wish from the journal.
      if (wish === 'pause') this.#halt.abort(new Problem('E_CANCELLED', 'The operator asked for pause.'));
    } finally {
      this.#noting -= 1;
      this.start();
      this.#tools.onChange();
    }
  }

  /** Notes the cutover of servers, and wakes those that wait for it. */
  async cutOver(servers: readonly string[]): Promise<void> {
    for (const server of servers) await this.campaign.journal.append({ fact: 'cutover asked', server });
    this.#tools.onChange();
  }

  /**
   * Reads both sides of a resting campaign again. Throws E_CAMPAIGN_STATE while it works,
   * E_CANCELLED when a wish ends it. With a key, a proof is made and signed.
   */
  async verify(
    waivers: readonly Waiver[],
    identity?: ProofTools['identity'],
  ): Promise<{ readonly verification: Verification; readonly proof?: string }> {
    const { verifying: under } = this.#tools;
    const isAtWork = this.#work !== null && standingOf(this.campaign.journal.facts).is !== 'resting';
    if (isAtWork || this.#verifying !== null || under.has(this.campaign.id))
      throw new Problem('E_CAMPAIGN_STATE', `Campaign ${this.campaign.id} is at work, or is being verified already.`);
    const verifying = new AbortController();
    this.#verifying = verifying;
    under.add(this.campaign.id);
    const signal = AbortSignal.any([verifying.signal, this.#stopping.signal]);
    // A campaign that rests since a moment lets go of its connection first.
    await this.#work;
    const peer = new Peer({ ...this.#tools.peer, campaign: this.campaign.id });
    peer.start();
    try {
      const tools = {
        source: await openSource(this.#tools.source, this.#tools.log, signal),
        ask: (name, params, given) => peer.ask(name, params, given),
        signal,
        compares: (await peer.connected(signal)).has('compare'),
      } satisfies Parameters<typeof verifyBothSides>[1];
      const found = await verifyBothSides(this.campaign, tools, waivers);
      if (identity === undefined) return { verification: found.verification };
      return { verification: found.verification, proof: await proofOf(this.campaign, found, { ...tools, identity }) };
    } finally {
      await peer.stop('The verification is over.');
      under.delete(this.campaign.id);
      this.#verifying = null;
      // A wish arrived meanwhile, or it is over and can be closed.
      if (!this.#stopping.signal.aborted) this.start();
      this.#tools.onChange();
    }
  }

  /**
   * Gives the bundle of an export that is ready. Two at once would share the files of the disk that
   * is read. Throws E_CAMPAIGN_STATE while one is given, E_CANCELLED when a wish ends it.
   */
  async *bundle(given: AbortSignal): AsyncGenerator<Buffer> {
    const { id, journal } = this.campaign;
    if (this.#bundling !== null)
      throw new Problem('E_CAMPAIGN_STATE', `A bundle of campaign ${id} is being written already.`, {
        hint: 'Wait for its end, or break that command off.',
      });
    const bundling = new AbortController();
    this.#bundling = bundling;
    const signal = AbortSignal.any([given, bundling.signal, this.#stopping.signal]);
    try {
      yield* bundleOf(this.campaign, await this.#tools.source(), signal);
      signal.throwIfAborted();
      await journal.append({ fact: 'bundle written' });
    } finally {
      this.#bundling = null;
    }
  }

  /** Stops without changing anything; the next start continues. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Problem('E_CANCELLED', 'The sender is stopping.'));
    await this.#work;
    await this.campaign.journal.close();
  }

  async #workOnWish(): Promise<void> {
    const { log, onChange } = this.#tools;
    this.#supersede = new AbortController();
    this.#halt = new AbortController();
    const superseded = this.#supersede.signal;
    const absence = new ReceiverAbsence(this.campaign.plan.options.peer_timeout_seconds * 1000);
    const peer = new Peer({
      ...this.#tools.peer,
      campaign: this.campaign.id,
      onBuilt: (ref, _id, how) => {
        this.#built.set(ref, how);
        onChange();
      },
      onState: ({ state, problem }) => absence.heard(state === 'connected', problem),
    });
    // A campaign that goes into a bundle has no receiver.
    if (this.campaign.plan.to === 'receiver') peer.start();
    else absence.stop();
    try {
      const rests = await runWish(this.campaign, {
        source: await openSource(this.#tools.source, log, AbortSignal.any([this.#stopping.signal, superseded])),
        retirement: this.#tools.retirement,
        ask: (name, params, signal) => peer.ask(name, params, signal),
        offer: offerDisk(peer, this.#tools.workers),
        onDisk: (...heard) => {
          this.#progress.hear(...heard);
          onChange();
        },
        retryDelaysMs: this.#tools.retryDelaysMs,
        signal: this.#stopping.signal,
        superseded,
        halted: this.#halt.signal,
        history: this.#tools.history,
        log,
        receiverLost: absence.signal,
      });
      log.info({ campaign: this.campaign.id, rests }, 'campaign rests');
    } catch (error) {
      await this.#rest(asProblem(error));
    } finally {
      absence.stop();
      await peer.stop('The campaign rests.');
    }
  }

  /**
   * Notes why a campaign cannot continue. Where the journal takes no facts the log has it, and a
   * restart continues where it was.
   */
  async #rest(problem: Problem): Promise<void> {
    const { log } = this.#tools;
    log.error({ problem, campaign: this.campaign.id }, 'campaign cannot go on');
    if (this.#stopping.signal.aborted || this.#supersede.signal.aborted) return;
    try {
      const state = restAfterFailure(this.campaign.journal.facts);
      await this.campaign.journal.append({ fact: 'rests', state, problem: problem.toJSON() });
    } catch (error) {
      log.error({ err: error, campaign: this.campaign.id }, 'the journal takes no facts');
      this.#stuck = true;
    }
  }
}

/** Whether a campaign has moved servers, perhaps, that an owner may start at the source again. */
function mayRunTwice(standing: Standing): boolean {
  if (standing.is === 'working') return standing.wish === 'run' || standing.wish === 'pause';
  return !isOver(standing);
}
