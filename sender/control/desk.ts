import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Params, Requests, Result, SaidBy } from '../../protocol/messages.ts';
import { printFingerprint } from '../../protocol/transport/certificate.ts';
import { pairWith } from '../../protocol/transport/dial.ts';
import { wholeId } from '../../shared/campaign-id.ts';
import { type Selection, type SourceCloud, takesWhole } from '../../shared/cloud/cloud.ts';
import { supportedDocument } from '../../shared/cloud/supported.ts';
import { parseYaml } from '../../shared/config.ts';
import { freeBytes } from '../../shared/disk/free.ts';
import { type Concern, mustNotBlock } from '../../shared/model/concern.ts';
import { type Configurations, parseConfigurations, resourcesOf } from '../../shared/model/configurations.ts';
import { overlaid } from '../../shared/model/mappings.ts';
import { Plan, serversOf } from '../../shared/model/plan.ts';
import { spaceConcerns } from '../../shared/model/space.ts';
import { Problem } from '../../shared/problem.ts';
import { bundleOf } from '../campaign/bundle/bundle.ts';
import { Campaign } from '../campaign/campaign.ts';
import { toCutOver } from '../campaign/cutover.ts';
import { historyOf } from '../campaign/history.ts';
import { Runner, type RunnerTools } from '../campaign/runner.ts';
import type { SenderConfig } from '../config.ts';
import { onlyWayOn, standingOf, type Wish } from '../migration/fact.ts';
import type { PastMove } from '../migration/forecast.ts';
import { importOldConfigurations } from '../plan/import.ts';
import { concernsOf, leaveMoved, narrowTo } from '../plan/narrow.ts';
import { inOrderOf, withOptions } from '../plan/options.ts';
import { planText } from '../plan/plan-text.ts';
import { inAskedOrder, makePlan } from '../plan/planner.ts';
import { policyConcerns } from '../plan/policies.ts';
import { askNow } from '../receiver/ask-now.ts';
import type { Bandwidth, BandwidthStatus, PlannedBandwidth } from '../receiver/bandwidth.ts';
import { type Link, receiverOf } from '../receiver/link.ts';
import type { Peer } from '../receiver/peer.ts';
import { reportOf } from '../report/report.ts';
import type {
  Begun,
  CampaignStatus,
  CommitOptions,
  DiskVerdict,
  MigrateOptions,
  PlanResult,
  Report,
  SenderCommands,
  SenderStatus,
} from './commands.ts';

/** What the desk works with. */
export interface DeskTools {
  readonly config: SenderConfig;
  readonly release: string;
  readonly link: Link;
  readonly bandwidth: Bandwidth;
  /** The peer that plans; campaigns have their own. */
  readonly peer: Peer;
  readonly source: () => Promise<SourceCloud>;
  readonly runner: Omit<RunnerTools, 'onChange' | 'history'>;
  /** Makes a new key and announces it; returns its fingerprint. */
  readonly rotate: () => Promise<string>;
  readonly signal: AbortSignal;
}

/** Where operators' commands arrive, and where every campaign is kept. */
export class Desk implements SenderCommands {
  readonly #tools: DeskTools;
  readonly #runners = new Map<string, Runner>();
  /** Servers of campaigns that are being prepared and have no folder yet. */
  readonly #beginning = new Set<string>();
  #change = Promise.withResolvers<void>();

  constructor(tools: DeskTools) {
    this.#tools = tools;
    tools.bandwidth.heed(() => [...this.#runners.values()].flatMap(({ campaign }) => plannedBandwidth(campaign)));
  }

  /** Opens every campaign of the state directory and goes on with those that were under way. */
  async start(): Promise<void> {
    const { state } = this.#tools.config;
    const names = await readdir(join(state, 'campaigns')).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [] as string[];
      throw error;
    });
    for (const name of names.sort()) {
      const campaign = await Campaign.open(state, name);
      if (campaign !== null) this.#run(campaign);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
  }

  async status(): Promise<SenderStatus> {
    const campaigns = [...this.#runners.values()]
      .map((runner) => runner.status())
      .sort((a, b) => a.startedAt.localeCompare(b.startedAt));
    const { release, bandwidth } = this.#tools;
    return { release, peer: await this.#peerStatus(), bandwidth: bandwidth.status(), campaigns };
  }

  async changed(signal: AbortSignal): Promise<void> {
    const timer = Promise.withResolvers<void>();
    const timeout = setTimeout(timer.resolve, 1000);
    signal.addEventListener('abort', () => timer.resolve(), { once: true });
    await Promise.race([this.#change.promise, timer.promise]);
    clearTimeout(timeout);
  }

  async pair(address: string, code: string): Promise<{ name: string; fingerprint: string }> {
    const { link, config, signal } = this.#tools;
    const peer = await pairWith({
      address,
      code,
      identity: link.identity(),
      peers: link.peers,
      name: config.name,
      ssh: link.ssh,
      signal,
    });
    await this.#tools.peer.redial();
    return { name: peer.name, fingerprint: printFingerprint(peer.fingerprint) };
  }

  async bandwidth(limit?: string): Promise<BandwidthStatus> {
    const { bandwidth } = this.#tools;
    if (limit !== undefined) bandwidth.ask(limit);
    this.#changed();
    return bandwidth.status();
  }

  async peers(): Promise<readonly { name: string; address: string | null; fingerprint: string; pairedAt: string }[]> {
    const list = await this.#tools.link.peers.list();
    return list.map((peer) => ({
      name: peer.name,
      address: peer.address ?? null,
      fingerprint: printFingerprint(peer.fingerprint),
      pairedAt: peer.paired_at,
    }));
  }

  async unpair(name: string): Promise<void> {
    await this.#tools.link.peers.remove(name);
  }

  async rotate(): Promise<{ fingerprint: string }> {
    return { fingerprint: await this.#tools.rotate() };
  }

  async capture(selection: Selection): Promise<{ document: Configurations; concerns: readonly Concern[] }> {
    const source = await this.#tools.source();
    const { document, concerns } = await source.inventory(selection, this.#tools.signal);
    const { state, limits } = this.#tools.config;
    const space = spaceConcerns(resourcesOf(document), await freeBytes(state), "the sender's state directory", {
      atOnce: limits.parallel,
    });
    return { document, concerns: [...concerns, ...space] };
  }

  async plan(selection: Selection): Promise<PlanResult> {
    const all = await this.capture(selection);
    const { document: captured, concerns } = selection.servers.length === 0 ? leaveMoved(all) : all;
    if (captured.servers.length === 0)
      throw new Problem(
        'E_NOT_FOUND',
        all.document.servers.length === 0
          ? 'The selection holds no server; there is nothing to move.'
          : 'Every server of the project was moved by an earlier campaign; there is nothing left to move.',
      );
    const document = inAskedOrder(captured, selection.servers);
    const facts = await this.#ask('cloud.facts', {});
    const plan = makePlan(document, facts, this.#tools.config.limits.parallel, takesWhole(selection));
    const found = await this.#preflight({ ...document, mappings: plan.mappings });
    const known = [...concerns, ...found.concerns];
    return { plan: planText(plan, resourcesOf(document), known, found.decisions), concerns: known, decisions: found.decisions };
  }

  async migrate(text: string, file: string, options: MigrateOptions): Promise<Begun> {
    return this.#begin(parseYaml(text, file, Plan, 'E_PLAN'), file, options);
  }

  async migrateDocument(value: unknown, file: string): Promise<Begun> {
    const isOld = typeof value === 'object' && value !== null && 'VMs' in value;
    const wanted = isOld ? importOldConfigurations(value) : parseConfigurations(value, file);
    const servers = wanted.servers.map((server) => (isOld ? server.name : server.id));
    const captured = await this.capture({ project: isOld ? undefined : wanted.source.project_id, servers });
    const document = inAskedOrder(captured.document, servers);
    const facts = await this.#ask('cloud.facts', {});
    const plan = makePlan(document, facts, this.#tools.config.limits.parallel);
    return this.#begin({ ...plan, mappings: overlaid(plan.mappings, wanted.mappings) }, file, {});
  }

  async beginExport(selection: Selection): Promise<Begun> {
    const { document: captured, concerns } = leaveMoved(await this.capture(selection));
    if (captured.servers.length === 0)
      throw new Problem('E_NOT_FOUND', 'The selection holds no server; there is nothing to export.');
    mustNotBlock(concerns);
    const wanted = captured.servers.map(({ id }) => id);
    this.#refuseBusy(wanted);
    const { project_id, project_name } = captured.source;
    const servers = inAskedOrder(captured, selection.servers).servers.map(({ id, name }) => ({ id, name }));
    const plan = Plan.parse({
      version: 1,
      to: 'bundle',
      source: { project_id, project_name, whole: takesWhole(selection) },
      waves: [{ name: 'wave-1', servers }],
    });
    const campaign = randomUUID();
    this.#run(await Campaign.create(this.#tools.config.state, plan, inOrderOf(plan, { ...captured, campaign })));
    return { campaign, concerns };
  }

  async *bundle(id: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    const runner = this.#runner(id);
    const { campaign } = runner;
    const { state } = runner.status();
    if (campaign.plan.to !== 'bundle' || state !== 'ready')
      throw new Problem(
        'E_CAMPAIGN_STATE',
        `Campaign ${campaign.id} is ${state}; a bundle is written of one that was begun with \`sender export\` and is ready.`,
      );
    yield* bundleOf(campaign, await this.#tools.source(), signal);
  }

  async pause(id: string): Promise<CampaignStatus> {
    return this.#wish(id, 'pause', ['preparing', 'moving']);
  }

  async resume(id: string): Promise<CampaignStatus> {
    return this.#wish(id, 'run', ['paused', 'failed']);
  }

  async cancel(id: string): Promise<CampaignStatus> {
    return this.#wish(id, 'cancel', ['preparing', 'moving', 'paused', 'failed']);
  }

  async cutover(id: string, servers: readonly string[]): Promise<CampaignStatus> {
    const runner = this.#runner(id);
    await runner.cutOver(toCutOver(runner.status(), servers));
    return runner.status();
  }

  async commit(id: string, { deleteSource }: CommitOptions): Promise<CampaignStatus> {
    return this.#wish(id, 'commit', ['ready'], deleteSource);
  }

  async rollback(id: string): Promise<CampaignStatus> {
    return this.#wish(id, 'rollback', ['preparing', 'moving', 'paused', 'failed', 'ready', 'rolling back']);
  }

  async verify(id: string): Promise<readonly DiskVerdict[]> {
    const runner = this.#runner(id);
    const { state } = runner.status();
    if (state !== 'ready' || runner.campaign.plan.to === 'bundle')
      throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is ${state}; only one that is ready has two sides to compare.`, {
        hint: 'A bundle is verified where it is imported; any other campaign once it is ready.',
      });
    return runner.verify();
  }

  async report(id: string): Promise<Report> {
    const runner = this.#runner(id);
    return reportOf(runner.campaign, runner.status().state);
  }

  async log(id: string): Promise<readonly object[]> {
    return this.#runner(id).campaign.journal.facts;
  }

  async #begin(plan: Plan, file: string, options: MigrateOptions): Promise<Begun> {
    const wanted = serversOf(plan);
    const twice = wanted.find((id, index) => wanted.indexOf(id) !== index);
    if (twice !== undefined) throw new Problem('E_PLAN', `${file} names server ${twice} twice.`, { about: file });
    this.#refuseBusy(wanted);
    for (const id of wanted) this.#beginning.add(id);
    try {
      return await this.#prepare(plan, wanted, file, options);
    } finally {
      for (const id of wanted) this.#beginning.delete(id);
    }
  }

  async #prepare(plan: Plan, wanted: readonly string[], file: string, options: MigrateOptions): Promise<Begun> {
    const { project_id: project, whole } = plan.source;
    const captured = await this.capture({ project, servers: whole ? [] : wanted });
    const document = whole ? narrowTo(captured.document, wanted) : captured.document;
    const concerns = concernsOf(captured.concerns, document);
    const chosen = withOptions(plan, document, options, file);
    const campaign = randomUUID();
    const frozen = inOrderOf(chosen, { ...document, campaign, mappings: chosen.mappings });
    const found = await this.#preflight(frozen);
    const all = [...policyConcerns(chosen, Date.now(), frozen, this.#history()), ...concerns, ...found.concerns];
    mustNotBlock(all, { about: file });
    const { kinds } = await this.#ask('cloud.facts', {});
    this.#run(await Campaign.create(this.#tools.config.state, chosen, supportedDocument(frozen, new Set(kinds))));
    return { campaign, concerns: all };
  }

  #refuseBusy(servers: readonly string[]): void {
    const begun = servers.find((id) => this.#beginning.has(id));
    if (begun !== undefined)
      throw new Problem('E_CAMPAIGN_STATE', `Another campaign with server ${begun} is being prepared.`, {
        about: `server/${begun}`,
      });
    for (const { campaign } of this.#runners.values()) {
      const standing = standingOf(campaign.journal.facts);
      if (standing.is === 'resting' && (standing.state === 'committed' || standing.state === 'rolled back')) continue;
      const shared = serversOf(campaign.plan).find((id) => servers.includes(id));
      if (shared === undefined) continue;
      throw new Problem(
        'E_CAMPAIGN_STATE',
        `Server ${shared} is part of campaign ${campaign.id}, which is neither committed nor rolled back.`,
        { about: `server/${shared}` },
      );
    }
  }

  #history(): PastMove[] {
    return historyOf([...this.#runners.values()].map(({ campaign }) => campaign));
  }

  #run(campaign: Campaign): void {
    const runner = new Runner(campaign, {
      ...this.#tools.runner,
      onChange: () => this.#changed(),
      history: () => this.#history(),
    });
    this.#runners.set(campaign.id, runner);
    runner.start();
    this.#changed();
  }

  async #preflight(document: Configurations) {
    const campaign = document.campaign ?? randomUUID();
    return this.#ask('campaign.preflight', { campaign, configurations: { ...document, campaign } });
  }

  #ask<N extends Requests & SaidBy<'sender'>>(name: N, params: Params<N>): Promise<Result<N>> {
    return askNow(this.#tools.peer, name, params, this.#tools.signal);
  }

  async #wish(id: string, wish: Wish, from: readonly CampaignStatus['state'][], deleteSource = false): Promise<CampaignStatus> {
    const runner = this.#runner(id);
    const { state } = runner.status();
    if (state === 'committed' || state === 'committing') throw new Problem('E_COMMITTED', `Campaign ${id} is ${state}.`);
    const only = onlyWayOn(runner.campaign.journal.facts);
    if (state === 'failed' && only !== null) {
      // `resume` and the wish itself both go on with it; nothing else may.
      if (wish !== 'run' && wish !== only.wish) throw halfWay(id, only.wish);
      await runner.wish(only.wish, wish === 'run' ? only.deleteSource : deleteSource);
      return runner.status();
    }
    if (!from.includes(state))
      throw new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is ${state}; this can be asked of one that is ${from.join(', ')}.`);
    await runner.wish(wish, deleteSource);
    return runner.status();
  }

  /** The campaign of an id or of the beginning of one. */
  #runner(id: string): Runner {
    const exact = this.#runners.get(id);
    if (exact !== undefined) return exact;
    const ids = [...this.#runners.keys()];
    if (id.length < 4 || !ids.some((candidate) => candidate.startsWith(id)))
      throw new Problem('E_NOT_FOUND', `There is no campaign ${id}.`);
    return this.#runners.get(wholeId(id, ids)) as Runner;
  }

  async #peerStatus(): Promise<SenderStatus['peer']> {
    const { link, peer } = this.#tools;
    try {
      const { name, address } = await receiverOf(link.peers);
      return { name, address, state: peer.state.state, says: peer.state.says };
    } catch (error) {
      if (error instanceof Problem && error.code === 'E_PEER_UNPAIRED') return null;
      throw error;
    }
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }
}

/** What the plan of a campaign at work says of the bandwidth; nothing of one that rests. */
function plannedBandwidth({ plan, journal }: Campaign): (PlannedBandwidth | null)[] {
  if (standingOf(journal.facts).is === 'resting') return [];
  return [plan.bandwidth === undefined ? null : { setting: plan.bandwidth, zone: plan.calendar?.zone }];
}

function halfWay(id: string, wish: 'commit' | 'rollback'): Problem {
  return wish === 'commit'
    ? new Problem('E_COMMITTED', `Campaign ${id} is half committed: there is no way back.`, {
        hint: 'Ask for `sender commit` again: it goes on with what is left.',
      })
    : new Problem('E_CAMPAIGN_STATE', `Campaign ${id} is half rolled back.`, {
        hint: 'Ask for `sender rollback` again: it goes on with what is left.',
      });
}
