import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { CampaignId } from '../../protocol/messages/field.ts';
import { ifAbsent } from '../../shared/absent.ts';
import { wholeId } from '../../shared/campaign-id.ts';
import { makeFolder, syncFolder } from '../../shared/durable.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { refOf } from '../../shared/model/resource.ts';
import { asProblem, Problem, type ProblemJson } from '../../shared/problem.ts';
import { Campaign } from '../campaign/campaign.ts';
import { campaignStates } from '../campaign/campaign-states.ts';
import type { CampaignStatus } from '../campaign/campaign-status.ts';
import { historyOf } from '../campaign/history.ts';
import { Runner, type RunnerTools } from '../campaign/runner.ts';
import { type Foreseen, standingOf } from '../migration/fact.ts';
import type { PastMove } from '../migration/forecast.ts';
import { type Plan, serversOf } from '../model/plan.ts';
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

/** Every campaign of this sender, running or at rest. */
export class CampaignSet {
  readonly #tools: CampaignsTools;
  readonly #runners = new Map<string, Runner>();
  readonly #damaged = new Map<string, DamagedCampaign>();
  /** Servers of campaigns that are being prepared and have no folder yet. */
  readonly #reserved = new Set<string>();

  constructor(tools: CampaignsTools) {
    this.#tools = tools;
  }

  /**
   * Opens every campaign of the state directory and resumes those that were under way. One that
   * cannot be read stops no other: their servers may be stopped.
   */
  async start(): Promise<void> {
    const { state, runner } = this.#tools;
    const names = await readdir(join(state, 'campaigns')).catch(ifAbsent<string[]>([]));
    // What else lies there, such as `lost+found`, is no campaign.
    for (const name of names.filter((one) => CampaignId.safeParse(one).success).sort()) {
      const campaign = await Campaign.open(state, name).catch((error: unknown) => asProblem(error));
      if (campaign instanceof Problem) {
        runner.log.error({ problem: campaign, campaign: name }, 'a campaign cannot be read, and is left as it is');
        this.#damaged.set(name, { problem: campaign, servers: await Campaign.serversIn(state, name) });
      } else if (campaign !== null) this.#run(campaign);
    }
  }

  /** The campaigns that cannot be read. */
  damaged(): DamagedStatus[] {
    return [...this.#damaged].map(([id, { problem }]) => ({ id, problem: problem.toJSON() }));
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
    const damaged = this.#damaged.get(id);
    if (damaged !== undefined) throw damaged.problem;
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
   * `archive` in the state directory, whole. Returns where they stood.
   */
  async prune(endedBefore: number): Promise<CampaignStatus[]> {
    const { state, changes } = this.#tools;
    const old = this.statuses().filter(
      (status) => campaignStates[status.state].isOver && Date.parse(status.endedAt ?? '') <= endedBefore,
    );
    for (const { id } of old) await this.#archive(id, state);
    changes.notify();
    return old;
  }

  async #archive(id: string, state: string): Promise<void> {
    await makeFolder(join(state, 'archive'));
    await rename(join(state, 'campaigns', id), join(state, 'archive', id));
    const runner = this.#runners.get(id);
    this.#runners.delete(id);
    await runner?.stop();
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
    const reserved = servers.find((id) => this.#reserved.has(id));
    if (reserved !== undefined)
      throw new Problem('E_CAMPAIGN_STATE', `Another campaign with server ${reserved} is being prepared.`, {
        about: refOf('server', reserved),
      });
    for (const [id, damaged] of this.#damaged) mustBeNoneOf(id, damaged, servers);
    for (const { campaign } of this.#runners.values()) {
      const standing = standingOf(campaign.journal.facts);
      if (standing.is === 'resting' && campaignStates[standing.state].isOver) continue;
      const shared = serversOf(campaign.plan).find((id) => servers.includes(id));
      if (shared === undefined) continue;
      throw new Problem(
        'E_CAMPAIGN_STATE',
        `Server ${shared} is part of campaign ${campaign.id}, which is neither committed nor rolled back.`,
        { about: refOf('server', shared) },
      );
    }
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
