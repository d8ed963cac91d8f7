import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ifAbsent } from '../../shared/absent.ts';
import { parseYaml } from '../../shared/config.ts';
import { writeDurably } from '../../shared/durable.ts';
import { Journal } from '../../shared/journal.ts';
import { belongingsAlone, belongingsOf } from '../../shared/journey/belongings.ts';
import { type AtomicGroup, atomicGroupsOf } from '../../shared/model/atomic-groups.ts';
import type { Configurations } from '../../shared/model/configurations.ts';
import { readDocument, textOf } from '../../shared/model/document-text.ts';
import { loneVolumesOf, movedImagesOf } from '../../shared/model/lone-volumes.ts';
import { networkSideOf } from '../../shared/model/network-side.ts';
import { diskBytesOf } from '../../shared/model/space.ts';
import { Problem } from '../../shared/problem.ts';
import { attemptOf, hasMoved } from '../migration/attempt.ts';
import type { Fact, Foreseen } from '../migration/fact.ts';
import { lastPhaseTo } from '../migration/itinerary.ts';
import type { Move } from '../migration/move.ts';
import { Plan, unitsOf } from '../model/plan.ts';

type PlannedServer = Plan['waves'][number]['servers'][number];

/** What of a move does not change. */
type FrozenMove = Omit<Move, 'attempt' | 'learned'>;

/** One campaign of the sender: plan, document and journal in one folder. The plan never changes. */
export class Campaign {
  readonly id: string;
  readonly folder: string;
  readonly plan: Plan;
  readonly document: Configurations;
  readonly journal: Journal<Fact>;
  /** What of each move does not change. */
  readonly #frozen = new Map<string, FrozenMove>();
  readonly #groups: readonly AtomicGroup[];
  #toBuild: number | undefined;

  private constructor(folder: string, plan: Plan, document: Configurations, journal: Journal<Fact>) {
    this.id = document.campaign ?? '';
    this.folder = folder;
    this.plan = plan;
    this.document = document;
    this.journal = journal;
    this.#groups = atomicGroupsOf(document);
  }

  /**
   * Makes the folder of a new campaign. The journal comes last: without one nothing has started.
   */
  static async create(state: string, plan: Plan, document: Configurations, foreseen?: Foreseen): Promise<Campaign> {
    if (document.campaign === undefined) throw new Problem('E_BUG', 'A campaign needs an id.');
    const folder = folderOf(state, document.campaign);
    await writeDurably(join(folder, 'plan.yaml'), stringify(plan, { lineWidth: 0 }));
    await writeDurably(join(folder, 'configurations.json'), textOf(document, 2));
    const journal = await Journal.open<Fact>(join(folder, 'journal.jsonl'));
    await journal.append({
      fact: 'started',
      project: document.source.project_name,
      release: document.release,
      servers: unitsOf(plan),
    });
    if (foreseen !== undefined) await journal.append({ fact: 'foreseen', ...foreseen });
    await journal.append({ fact: 'asked', wish: 'run' });
    return new Campaign(folder, plan, document, journal);
  }

  /** Opens a campaign's folder; null for one that never started. Throws E_STATE_DAMAGED. */
  static async open(state: string, id: string): Promise<Campaign | null> {
    const folder = folderOf(state, id);
    const read = (name: string): Promise<Buffer | null> => readFile(join(folder, name)).catch(ifAbsent(null, 'ENOTDIR'));
    try {
      const [plan, document, journal] = await Promise.all([
        read('plan.yaml'),
        read('configurations.json'),
        read('journal.jsonl'),
      ]);
      // A power cut tore the first line of this journal, before anybody was told of the campaign.
      if (journal === null || !journal.includes('\n')) return null;
      if (plan === null || document === null)
        throw new Error(`${plan === null ? 'plan.yaml' : 'configurations.json'} is missing.`);
      const parsed = parseYaml(plan.toString(), join(folder, 'plan.yaml'), Plan, 'E_PLAN');
      const configurations = await readDocument(document, join(folder, 'configurations.json'));
      const known = new Set(
        [...configurations.servers, ...loneVolumesOf(configurations), ...movedImagesOf(configurations)].map((one) => one.id),
      );
      const absent = unitsOf(parsed).find((id) => !known.has(id));
      if (absent !== undefined) throw new Error(`${absent} of the plan is not in configurations.json.`);
      return new Campaign(folder, parsed, configurations, await Journal.open<Fact>(join(folder, 'journal.jsonl')));
    } catch (cause) {
      throw new Problem('E_STATE_DAMAGED', `The campaign in ${folder} cannot be read: ${(cause as Error).message}`, {
        about: folder,
        cause,
      });
    }
  }

  /**
   * The servers, lone volumes and images of a campaign that cannot be read, by its plan alone; null
   * where that cannot be read either.
   */
  static async serversIn(state: string, id: string): Promise<readonly string[] | null> {
    try {
      const file = join(folderOf(state, id), 'plan.yaml');
      return unitsOf(parseYaml(await readFile(file, 'utf8'), file, Plan, 'E_PLAN'));
    } catch {
      return null;
    }
  }

  /**
   * The moves of every wave, in order, without what they learned; see `recall`. The last waves are
   * of the lone volumes and of the images.
   */
  moves(): { wave: string; rolling: boolean; moves: Move[] }[] {
    const { waves, volumes, images } = this.plan;
    const ofServers = waves.map(({ name, rolling = false, servers }) => ({
      wave: name,
      rolling,
      moves: servers.map((planned) => this.#move(planned.id, () => this.#find(planned))),
    }));
    const alone = Object.entries({ volumes, images }).map(([wave, entries]) => ({
      wave,
      rolling: false,
      moves: entries.map(({ id }) => this.#move(id, () => this.#findAlone(id))),
    }));
    return [...ofServers, ...alone.filter(({ moves }) => moves.length > 0)];
  }

  /**
   * What moves together, in the order of the moves: the servers of an atomic group, all of them
   * where one is among `moves`; each other one alone.
   */
  groupsOf(moves: readonly Move[]): Move[][] {
    const first = new Map(moves.map((move) => [move.group[0] ?? move.server.id, move]));
    return [...first.values()].map((move) => (move.group.length === 1 ? [move] : move.group.map((id) => this.moveOf(id))));
  }

  /** The move of one server, lone volume or image. Throws E_NOT_FOUND. */
  moveOf(id: string): Move {
    const planned = this.plan.waves.flatMap(({ servers }) => servers).find((server) => server.id === id);
    if (planned !== undefined) return this.#move(id, () => this.#find(planned));
    if (!unitsOf(this.plan).includes(id)) throw new Problem('E_NOT_FOUND', `${id} is not in the plan.`);
    return this.#move(id, () => this.#findAlone(id));
  }

  /** How many resources the receiver builds before it builds a server. */
  get toBuild(): number {
    this.#toBuild ??= networkSideOf(this.document).length;
    return this.#toBuild;
  }

  /** Whether a server has moved. */
  moved(server: string): boolean {
    return hasMoved(this.journal.facts, server, lastPhaseTo(this.plan.to));
  }

  #move(id: string, find: () => FrozenMove): Move {
    // Found once: every look at a campaign of a thousand servers needs all of them.
    const frozen = this.#frozen.get(id) ?? find();
    this.#frozen.set(id, frozen);
    return { ...frozen, attempt: attemptOf(this.journal.facts, id).attempt, learned: {} };
  }

  #findAlone(id: string): FrozenMove {
    const volume = this.document.volumes.find((candidate) => candidate.id === id);
    const image = this.document.images.find((candidate) => candidate.id === id);
    const found = volume ?? image;
    if (found === undefined)
      throw new Problem('E_STATE_DAMAGED', `${id} of the plan is not in configurations.json.`, { about: this.folder });
    const { disks, ports, floatingIps } = belongingsAlone(id, this.document);
    return {
      kind: volume === undefined ? 'image' : 'volume',
      server: { id, name: found.name },
      disks: disks.map((disk) => ({ kind: 'disk', ...disk })),
      group: [id],
      sharedDisks: [],
      diskBytes: volume === undefined ? (image?.size ?? 0) : volume.size * 2 ** 30,
      ports,
      floatingIps,
      probe: undefined,
      addresses: [],
      warm: false,
      cutover: 'now',
      calendar: undefined,
    };
  }

  #find({ id, probe, mode, cutover }: PlannedServer): FrozenMove {
    const { options } = this.plan;
    const server = this.document.servers.find((candidate) => candidate.id === id);
    if (server === undefined)
      throw new Problem('E_STATE_DAMAGED', `Server ${id} of the plan is not in configurations.json.`, { about: this.folder });
    const { disks, ports, floatingIps } = belongingsOf(server, this.document, this.plan.mappings);
    const group = this.#groups.find(({ servers }) => servers.includes(id));
    return {
      kind: 'server',
      server,
      disks: disks.map((disk) => ({ kind: 'disk', ...disk })),
      group: group?.servers ?? [id],
      sharedDisks: disks.flatMap((disk) => (group?.volumes.includes(disk.volume_id ?? '') ? disk.id : [])),
      diskBytes: diskBytesOf(server, this.document),
      ports,
      floatingIps,
      probe,
      addresses: addressesOf(this.document, new Set(server.ports)),
      warm: (mode ?? options.mode) === 'warm',
      cutover: cutover ?? options.cutover,
      calendar: this.plan.calendar,
    };
  }
}

/** The addresses of some ports: floating ones, then their own. */
function addressesOf({ floating_ips, ports }: Configurations, wanted: ReadonlySet<string>): string[] {
  const floating = floating_ips.filter(({ port_id }) => port_id !== null && wanted.has(port_id));
  const fixed = ports.filter(({ id }) => wanted.has(id)).flatMap(({ fixed_ips }) => fixed_ips);
  return [...floating.map((ip) => ip.floating_ip_address), ...fixed.map((ip) => ip.ip_address)];
}

/** The folder of a campaign in the state directory. */
export function folderOf(state: string, id: string): string {
  return join(state, 'campaigns', id);
}
