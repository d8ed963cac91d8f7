import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { CampaignId } from '../../protocol/messages/field.ts';
import { ifAbsent } from '../../shared/absent.ts';
import { wholeId } from '../../shared/campaign-id.ts';
import { inParallel } from '../../shared/concurrency/parallel.ts';
import { makeFolder, syncFolder } from '../../shared/durable.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { refOf } from '../../shared/model/resource.ts';
import { asProblem, Problem, type ProblemJson } from '../../shared/problem.ts';
import { Campaign, folderOf } from '../campaign/campaign.ts';
import { campaignStates, isOver } from '../campaign/campaign-states.ts';
import type { CampaignStatus } from '../campaign/campaign-status.ts';
import { type EndedCampaign, readEnded, writeEnded } from '../campaign/ended.ts';
import { historyOf } from '../campaign/history.ts';
import { campaignItinerary } from '../campaign/itinerary.ts';
import { unfinishedIn } from '../campaign/left.ts';
import { Runner, type RunnerTools } from '../campaign/runner.ts';
import { type Foreseen, standingOf } from '../migration/fact.ts';
import type { PastMove } from '../migration/forecast.ts';
import { type Plan, unitsOf } from '../model/plan.ts';
import type { HeldServer } from '../plan/staleness.ts';
import type { PlannedBandwidth } from '../receiver/bandwidth.ts';
import type { Changes } from './changes.ts';
import { logFacts } from './log-facts.ts';

/** What the campaigns are run with. */
export interface CampaignsTools {
  /** The state directory, which holds a folder for each campaign. */
  readonly state: string;
  readonly changes: Changes;
  readonly runner: Omit<RunnerTools, 'onChange' | 'history' | 'verifying'>;
}

/** A campaign that cannot be read. `servers`: those of its plan; null where that cannot be read. */
interface DamagedCampaign {
  readonly problem: Problem;
  readonly servers: readonly string[] | null;
}

/** A campaign that cannot be read, and why. */
export interface DamagedStatus {
  readonly id: string;
  readonly problem: ProblemJson;
}

/** Campaigns that are looked at together when the daemon starts. */
const looksAtOnce = 8;

/** Every campaign of this sender. Those that are over are not kept open. */
export class CampaignSet {
  readonly #tools: CampaignsTools;
  /** The campaigns that are not over, running or at rest. */
  readonly #runners = new Map<string, Runner>();
  readonly #ended = new Map<string, EndedCampaign>();
  readonly #damaged = new Map<string, DamagedCampaign>();
  /** Campaigns that have ended and are being closed. */
  readonly #closing = new Map<string, Promise<void>>();
  /** What the moves of an open campaign took, when its journal had so many facts. */
  readonly #measured = new WeakMap<Campaign, { readonly facts: number; readonly moves: readonly PastMove[] }>();
  readonly #verifying = new Set<string>();
  /** Servers of campaigns that are being prepared and have no folder yet. */
  readonly #reserved = new Set<string>();

  constructor(tools: CampaignsTools) {
    this.#tools = tools;
  }

  /**
   * Opens every campaign that is not over, and resumes those that were under way. One that cannot
   * be read stops no other: their servers may be stopped.
   */
  async start(): Promise<void> {
    const { state, runner } = this.#tools;
    const names = await readdir(join(state, 'campaigns')).catch(ifAbsent<string[]>([]));
    const open: string[] = [];
    // What else lies there, such as `lost+found`, is no campaign.
    const ids = names.filter((one) => CampaignId.safeParse(one).success);
    await inParallel(ids, looksAtOnce, async (name) => {
      const ended = await readEnded(folderOf(state, name));
      if (ended === null) open.push(name);
      else this.#ended.set(name, ended);
    });
    for (const name of open.sort()) {
      const campaign = await opened(state, name).catch((error: unknown) => asProblem(error));
      if (campaign instanceof Problem) {
        runner.log.error({ problem: campaign, campaign: name }, 'a campaign cannot be read, and is left as it is');
        this.#damaged.set(name, { problem: campaign, servers: await Campaign.serversIn(state, name) });
      } else if (campaign !== null) await this.#run(campaign);
    }
  }

  /** The campaigns that cannot be read. */
  damaged(): DamagedStatus[] {
    return [...this.#damaged].map(([id, { problem }]) => ({ id, problem: problem.toJSON() }));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
    await Promise.all(this.#closing.values());
  }

  /** Writes a new campaign to the state directory and starts it. */
  async create(plan: Plan, document: Configurations, foreseen?: Foreseen): Promise<void> {
    await this.#run(await Campaign.create(this.#tools.state, plan, document, foreseen));
  }

  /**
   * The campaign of an id, or of the first four or more characters of one; one that is over is read
   * for the caller. Throws E_NOT_FOUND, E_STATE_DAMAGED.
   */
  async find(id: string): Promise<Runner> {
    const damaged = this.#damaged.get(id);
    if (damaged !== undefined) throw damaged.problem;
    const ids = [...this.#runners.keys(), ...this.#ended.keys()];
    const isOne = ids.includes(id) || (id.length >= 4 && ids.some((candidate) => candidate.startsWith(id)));
    if (!isOne) throw new Problem('E_NOT_FOUND', `There is no campaign ${id}.`);
    const whole = wholeId(id, ids);
    return this.#runners.get(whole) ?? (await this.#read(whole));
  }

  /** A campaign that is over, with its files closed: nothing is written to them any more. */
  async #read(id: string): Promise<Runner> {
    await this.#closing.get(id);
    const campaign = await opened(this.#tools.state, id);
    if (campaign === null) throw new Problem('E_STATE_DAMAGED', `The files of campaign ${id} are gone.`, { about: id });
    await campaign.journal.close();
    return this.#runnerOf(campaign);
  }

  /** Where every campaign stands: those that are not over first, each kind newest first. */
  statuses(): CampaignStatus[] {
    const open = [...this.#runners.values()].map((runner) => runner.status());
    const statuses = [...open, ...[...this.#ended.values()].map(({ status }) => status)];
    const place = ({ state }: CampaignStatus): number => (campaignStates[state].isOver ? 1 : 0);
    return statuses.sort((a, b) => place(a) - place(b) || b.startedAt.localeCompare(a.startedAt));
  }

  /**
   * Moves the campaigns that are over, and ended before a time, out of the way: their folders go to
   * `archive` in the state directory, whole. Returns where they stood. One whose commit has left
   * something to finish stays.
   */
  async prune(endedBefore: number): Promise<CampaignStatus[]> {
    const { state, changes } = this.#tools;
    const isDone = ({ id }: CampaignStatus): boolean => {
      const runner = this.#runners.get(id);
      return runner === undefined || unfinishedIn(runner.campaign) === 0;
    };
    const old = this.statuses().filter(
      (status) => campaignStates[status.state].isOver && isDone(status) && Date.parse(status.endedAt ?? '') <= endedBefore,
    );
    for (const { id } of old) await this.#archive(id, state);
    changes.notify();
    return old;
  }

  async #archive(id: string, state: string): Promise<void> {
    // The work on one that has just ended may still be ending; it writes nothing after this.
    await this.#runners.get(id)?.stop();
    await this.#closing.get(id);
    await makeFolder(join(state, 'archive'));
    await rename(join(state, 'campaigns', id), join(state, 'archive', id));
    this.#runners.delete(id);
    this.#ended.delete(id);
    await syncFolder(join(state, 'archive'));
    await syncFolder(join(state, 'campaigns'));
  }

  /** What earlier moves took, of whatever campaign. */
  history(): PastMove[] {
    const ended = [...this.#ended.values()].flatMap(({ history }) => history);
    return [...ended, ...[...this.#runners.values()].flatMap(({ campaign }) => this.#movesOf(campaign))];
  }

  /** Counted once for each state of the journal: every status of every campaign may ask for all. */
  #movesOf(campaign: Campaign): readonly PastMove[] {
    const { length: facts } = campaign.journal.facts;
    const known = this.#measured.get(campaign);
    if (known?.facts === facts) return known.moves;
    const moves = historyOf(campaign);
    this.#measured.set(campaign, { facts, moves });
    return moves;
  }

  /** What the plans of the campaigns at work say of the bandwidth. */
  plannedBandwidth(): (PlannedBandwidth | null)[] {
    const campaigns = [...this.#runners.values()].map(({ campaign }) => campaign);
    return campaigns
      .filter(({ journal }) => standingOf(journal.facts).is !== 'resting')
      .map(({ plan }) => (plan.bandwidth === undefined ? null : { setting: plan.bandwidth, zone: plan.calendar?.zone }));
  }

  /**
   * Keeps servers for a campaign while `prepare` makes it: two campaigns MUST NOT move the same
   * server.
   */
  async reserve<T>(servers: readonly string[], prepare: () => Promise<T>): Promise<T> {
    this.mustBeFree(servers);
    for (const id of servers) this.#reserved.add(id);
    try {
      return await prepare();
    } finally {
      for (const id of servers) this.#reserved.delete(id);
    }
  }

  /** Throws E_CAMPAIGN_STATE when another campaign has one of these servers. */
  mustBeFree(servers: readonly string[]): void {
    for (const [id, damaged] of this.#damaged) mustBeNoneOf(id, damaged, servers);
    const [held] = this.held(servers);
    if (held === undefined) return;
    const { server, campaign } = held;
    const says =
      campaign === null
        ? `Another campaign with server ${server} is being prepared.`
        : `Server ${server} is part of campaign ${campaign}, which is neither committed nor rolled back.`;
    throw new Problem('E_CAMPAIGN_STATE', says, { about: refOf('server', server) });
  }

  /** Those of some servers that a campaign has which is not over, or is being prepared. */
  held(servers: readonly string[]): HeldServer[] {
    const reserved = servers.filter((id) => this.#reserved.has(id));
    const open = [...this.#runners.values()].filter(({ campaign }) => !isOver(standingOf(campaign.journal.facts)));
    return [
      ...reserved.map((server) => ({ server, campaign: null, state: 'preparing' as const })),
      ...open.flatMap((runner) => {
        const own = new Set(unitsOf(runner.campaign.plan));
        const shared = servers.filter((id) => own.has(id));
        // The status of a campaign of many servers takes long.
        if (shared.length === 0) return [];
        const { id, state } = runner.status();
        return shared.map((server) => ({ server, campaign: id, state }));
      }),
      ...[...this.#damaged].flatMap(([campaign, { servers: own }]) =>
        servers
          .filter((id) => own === null || own.includes(id))
          .map((server) => ({ server, campaign, state: 'damaged' as const })),
      ),
    ];
  }

  async #run(campaign: Campaign): Promise<void> {
    logFacts(campaign, this.#tools.runner.log);
    const runner = this.#runnerOf(campaign);
    this.#runners.set(campaign.id, runner);
    runner.start();
    this.#tools.changes.notify();
    // One that an earlier release ended, or whose end a power cut took.
    await this.#close(runner);
  }

  #runnerOf(campaign: Campaign): Runner {
    const onChange = (): void => {
      void this.#close(runner);
      this.#tools.changes.notify();
    };
    const runner = new Runner(campaign, {
      ...this.#tools.runner,
      onChange,
      history: () => this.history(),
      verifying: this.#verifying,
    });
    return runner;
  }

  /** Lets go of a campaign that is over, but for what is kept of it; others stay open. */
  #close(runner: Runner): Promise<void> {
    const { id, folder } = runner.campaign;
    const ended = this.#runners.get(id) === runner ? runner.ended() : null;
    if (ended === null) return Promise.resolve();
    this.#runners.delete(id);
    this.#ended.set(id, ended);
    const closing = writeEnded(folder, ended)
      // Then it is read at the next start.
      .catch((error: unknown) => this.#tools.runner.log.warn({ err: error, campaign: id }, 'the end of a campaign was not noted'))
      .then(() => runner.stop())
      .finally(() => this.#closing.delete(id));
    this.#closing.set(id, closing);
    return closing;
  }
}

/**
 * Opens a campaign. Throws E_STATE_DAMAGED, also where its journal ends in what only another
 * release knows.
 */
async function opened(state: string, id: string): Promise<Campaign | null> {
  const campaign = await Campaign.open(state, id);
  if (campaign === null) return null;
  const standing = standingOf(campaign.journal.facts);
  const isKnown =
    standing.is === 'resting' ? Object.hasOwn(campaignStates, standing.state) : Object.hasOwn(campaignItinerary, standing.wish);
  if (isKnown) return campaign;
  await campaign.journal.close();
  const says = `The journal of campaign ${id} says ${JSON.stringify(standing)}, which this release does not know.`;
  throw new Problem('E_STATE_DAMAGED', says, { about: campaign.folder, hint: 'Go on with the release that wrote it.' });
}

/**
 * Throws E_STATE_DAMAGED where a campaign that cannot be read has, or may have, one of these
 * servers.
 */
function mustBeNoneOf(id: string, { problem, servers: own }: DamagedCampaign, servers: readonly string[]): void {
  const shared = own?.find((server) => servers.includes(server));
  if (own !== null && shared === undefined) return;
  const which = shared === undefined ? 'Its servers are not known' : `Server ${shared} is one of it`;
  throw new Problem('E_STATE_DAMAGED', `Campaign ${id} cannot be read. ${which}, and none is moved twice: ${problem.message}`, {
    about: shared === undefined ? id : refOf('server', shared),
    hint: 'Restore its folder from a backup and restart the sender. Where its servers are known to be in order, move the folder out of `campaigns` in the state directory instead.',
    cause: problem,
  });
}
