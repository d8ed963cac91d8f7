import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from '../../shared/absent.ts';
import { wholeId } from '../../shared/campaign-id.ts';
import { syncFolder } from '../../shared/durable.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { refOf } from '../../shared/model/resource.ts';
import { Problem } from '../../shared/problem.ts';
import { Campaign } from '../campaign/campaign.ts';
import { campaignStates } from '../campaign/campaign-states.ts';
import type { CampaignStatus } from '../campaign/campaign-status.ts';
import { historyOf } from '../campaign/history.ts';
import { unfinishedIn } from '../campaign/left.ts';
import { Runner, type RunnerTools } from '../campaign/runner.ts';
import { type Foreseen, standingOf } from '../migration/fact.ts';
import type { PastMove } from '../migration/forecast.ts';
import { type Plan, serversOf } from '../model/plan.ts';
import type { HeldServer } from '../plan/staleness.ts';
import type { PlannedBandwidth } from '../receiver/bandwidth.ts';
import type { Changes } from './changes.ts';
import { logFacts } from './log-facts.ts';

/** What the campaigns are run with. */
export interface CampaignsTools {
  /** The state directory, which holds a folder for each campaign. */
  readonly state: string;
  readonly changes: Changes;
  readonly runner: Omit<RunnerTools, 'onChange' | 'history'>;
}

/** Every campaign of this sender, running or at rest. */
export class CampaignSet {
  readonly #tools: CampaignsTools;
  readonly #runners = new Map<string, Runner>();
  /** Servers of campaigns that are being prepared and have no folder yet. */
  readonly #reserved = new Set<string>();

  constructor(tools: CampaignsTools) {
    this.#tools = tools;
  }

  /** Opens every campaign of the state directory and resumes those that were under way. */
  async start(): Promise<void> {
    const { state } = this.#tools;
    const names = await readdir(join(state, 'campaigns')).catch(ifAbsent<string[]>([]));
    for (const name of names.sort()) {
      const campaign = await Campaign.open(state, name);
      if (campaign !== null) this.#run(campaign);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
  }

  /** Writes a new campaign to the state directory and starts it. */
  async create(plan: Plan, document: Configurations, foreseen?: Foreseen): Promise<void> {
    this.#run(await Campaign.create(this.#tools.state, plan, document, foreseen));
  }

  /** The campaign of an id, or of the first four or more characters of one. Throws E_NOT_FOUND. */
  find(id: string): Runner {
    const exact = this.#runners.get(id);
    if (exact !== undefined) return exact;
    const ids = [...this.#runners.keys()];
    if (id.length < 4 || !ids.some((candidate) => candidate.startsWith(id)))
      throw new Problem('E_NOT_FOUND', `There is no campaign ${id}.`);
    return this.#runners.get(wholeId(id, ids)) as Runner;
  }

  /** Where every campaign stands: those that are not over first, each kind newest first. */
  statuses(): CampaignStatus[] {
    const statuses = [...this.#runners.values()].map((runner) => runner.status());
    const isOver = ({ state }: CampaignStatus): number => (campaignStates[state].isOver ? 1 : 0);
    return statuses.sort((a, b) => isOver(a) - isOver(b) || b.startedAt.localeCompare(a.startedAt));
  }

  /**
   * Moves the campaigns that are over, and ended before a time, out of the way: their folders go to
   * `archive` in the state directory, whole. Returns where they stood. One whose commit has left
   * something to finish stays.
   */
  async prune(endedBefore: number): Promise<CampaignStatus[]> {
    const { state, changes } = this.#tools;
    const isDone = ({ id }: CampaignStatus): boolean => unfinishedIn(this.find(id).campaign) === 0;
    const old = this.statuses().filter(
      (status) => campaignStates[status.state].isOver && isDone(status) && Date.parse(status.endedAt ?? '') <= endedBefore,
    );
    for (const { id } of old) await this.#archive(id, state);
    changes.notify();
    return old;
  }

  async #archive(id: string, state: string): Promise<void> {
    const runner = this.#runners.get(id);
    this.#runners.delete(id);
    await runner?.stop();
    await mkdir(join(state, 'archive'), { recursive: true, mode: 0o700 });
    await rename(join(state, 'campaigns', id), join(state, 'archive', id));
    await syncFolder(join(state, 'archive'));
    await syncFolder(join(state, 'campaigns'));
  }

  /** What earlier moves took, of whatever campaign. */
  history(): PastMove[] {
    return historyOf([...this.#runners.values()].map(({ campaign }) => campaign));
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
    const open = [...this.#runners.values()].filter(({ campaign: { journal } }) => {
      const standing = standingOf(journal.facts);
      return standing.is !== 'resting' || !campaignStates[standing.state].isOver;
    });
    return [
      ...reserved.map((server) => ({ server, campaign: null, state: 'preparing' })),
      ...open.flatMap((runner) => {
        const { state } = runner.status();
        const own = new Set(serversOf(runner.campaign.plan));
        return servers.filter((id) => own.has(id)).map((server) => ({ server, campaign: runner.campaign.id, state }));
      }),
    ];
  }

  #run(campaign: Campaign): void {
    const { changes } = this.#tools;
    logFacts(campaign, this.#tools.runner.log);
    const runner = new Runner(campaign, {
      ...this.#tools.runner,
      onChange: () => changes.notify(),
      history: () => this.history(),
    });
    this.#runners.set(campaign.id, runner);
    runner.start();
    changes.notify();
  }
}
