import { progressOf } from '../../sender/campaign/campaign-progress.ts';
import type { CampaignStatus, MoveStatus } from '../../sender/campaign/campaign-status.ts';
import type { SenderClient } from '../../sender/control/client.ts';
import type { SenderStatus } from '../../sender/control/commands/status.ts';
import { senderCommands } from '../../sender/control/registry.ts';
import type { Commands } from '../../shared/control/command.ts';
import { Problem } from '../../shared/problem.ts';

/** A move as it stands in the middle of its copy. */
export function aMoveStatus(name: string, more: Partial<MoveStatus> = {}): MoveStatus {
  const GiB = 1024 ** 3;
  const disk = {
    id: `disk-of-${name}`,
    sizeBytes: 20 * GiB,
    doneBytes: 5 * GiB,
    sentBytes: GiB,
    bytesPerSecond: 80 * 1024 ** 2,
    etaSeconds: 192,
  };
  return {
    server: `id-of-${name}`,
    name,
    wave: 'one',
    state: 'moving',
    phase: 'copy',
    disks: [disk],
    sentBytes: more.disks?.reduce((sum, { sentBytes }) => sum + sentBytes, 0) ?? disk.sentBytes,
    warm: null,
    window: null,
    problem: null,
    ...more,
  };
}

/** A campaign as it stands while it moves. */
export function aCampaignStatus(more: Partial<CampaignStatus> = {}): CampaignStatus {
  const moves = more.moves ?? [aMoveStatus('db'), aMoveStatus('web', { state: 'waiting', phase: null, disks: [] })];
  return {
    id: '7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de',
    project: 'shop',
    state: 'moving',
    says: 'Copying 1 disk.',
    startedAt: '2026-11-21T12:00:00.000Z',
    endedAt: null,
    built: 12,
    adopted: 0,
    toBuild: 12,
    differences: [],
    moves,
    progress: progressOf(moves, new Map(), 100 * 1024 ** 2),
    problem: null,
    ...more,
  };
}

/** What the daemon answers, and what it was asked: names of commands, and their params. */
export interface RecordedDaemon extends SenderClient {
  readonly asked: unknown[][];
  /** Statuses that follow one another while they are watched; the last one stays. */
  statuses: SenderStatus[];
}

/** The sender's own commands with the answers of a recorded daemon, to be served. */
export function answeredBy(daemon: SenderClient): Commands<undefined> {
  const commands = Object.entries(senderCommands).map(([name, command]) => {
    const answer = daemon[name as keyof SenderClient] as (params: unknown, signal: AbortSignal) => Promise<unknown>;
    return [name, { ...command, run: (params: unknown, _: undefined, signal: AbortSignal) => answer(params, signal) }];
  });
  return Object.fromEntries(commands) as Commands<undefined>;
}

/** A sender that answers from a list and notes every question, to hold the command line against. */
export function aRecordedDaemon(campaigns: readonly CampaignStatus[] = [aCampaignStatus()]): RecordedDaemon {
  const asked: unknown[][] = [];
  const peer = { name: 'cloud-b', address: 'wss://cloud-b.example.org:9443', state: 'connected', says: 'connected' } as const;
  const bandwidth = {
    limit: '100mbit',
    limitBytesPerSecond: 12_500_000,
    by: 'configuration',
    bytesPerSecond: 11_900_000,
  } as const;
  const find = (id: string): CampaignStatus => {
    const found = campaigns.find((campaign) => campaign.id === id);
    if (found === undefined) throw new Problem('E_NOT_FOUND', `There is no campaign ${id}.`);
    return found;
  };
  const note = async <T>(name: string, params: unknown, answer: T): Promise<T> => {
    asked.push([name, params]);
    return answer;
  };
  const steer = (name: string, state: CampaignStatus['state']) => (params: { readonly campaign: string }) =>
    note(name, params, { ...find(params.campaign), state });
  const facts = (id: string): object[] => {
    const at = '2026-11-21T12:00:00.000Z';
    const servers = find(id).moves.map(({ server }) => server);
    const problem = { code: 'E_CLOUD', says: 'The cloud failed.', hint: 'See its log.' };
    return [
      { at, fact: 'started', project: 'shop', release: '0.1.0', servers },
      { at, fact: 'begun', server: null, phase: 'move waves' },
      { at, fact: 'done', server: servers[0], phase: 'copy', learned: { sealed: {} } },
      { at, fact: 'problem', server: servers[1], phase: 'plug.undo', problem },
      { at, fact: 'rests', state: 'paused' },
    ];
  };
  const daemon: RecordedDaemon = {
    asked,
    statuses: [{ release: '0.1.0', peer, bandwidth, campaigns }],
    status: async () => daemon.statuses[0] as SenderStatus,
    watch: async function* (_, signal) {
      while (!signal.aborted) {
        yield daemon.statuses[0] as SenderStatus;
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (daemon.statuses.length > 1) daemon.statuses.shift();
      }
    },
    pair: (params) => note('pair', params, { name: 'cloud-b', fingerprint: 'abcd ef01' }),
    peers: async () => [
      { name: 'cloud-b', address: peer.address, fingerprint: 'abcd ef01', pairedAt: '2026-11-20T09:00:00.000Z' },
    ],
    prune: (params) => note('prune', params, campaigns),
    unpair: (params) => note('unpair', params, undefined),
    bandwidth: (params = {}) => {
      const { limit } = params;
      return note('bandwidth', params, limit === undefined ? bandwidth : { ...bandwidth, limit, by: 'command' });
    },
    rotate: () => note('rotate', {}, { fingerprint: '2345 6789' }),
    capture: async () => {
      throw new Problem('E_AUTH', 'The cloud does not know the password.');
    },
    plan: (params) =>
      note('plan', params, {
        plan: 'version: 1\n',
        concerns: [
          { code: 'name.twice', severity: 'warning', says: 'Two servers are called web.', remedy: 'Nothing needs to be done.' },
          {
            code: 'flavor.missing',
            severity: 'blocking',
            about: 'flavor/1',
            says: 'No flavor like m1.\u001b[2Jtiny.',
            remedy: 'Map it.',
          },
        ],
        decisions: [],
        reasons: [
          { ref: 'network/n', name: 'app', to: 'create', says: 'for it becomes a new network', suggestions: [] },
          {
            ref: 'flavor/1',
            name: 'm1.\u001b[2Jtiny',
            to: null,
            says: 'for no rule holds and nothing there is equal',
            suggestions: [
              { ref: 'flavor/1', name: 'm1.\u001b[2Jtiny', to: 'small', score: 0.5, says: 'ram 1024 for 512' },
              { ref: 'flavor/1', name: 'm1.\u001b[2Jtiny', to: 'large', score: 0.4, says: 'ram 1280 for 512' },
            ],
          },
        ],
      }),
    checkPlan: (params) =>
      note('checkPlan', params, {
        differences: [
          { of: 'mappings', says: 'flavor small: create in the plan, tiny if it were made now' },
          { of: 'servers', says: 'server new (id): at the source, but not in the plan' },
        ],
        concerns: [],
        decisions: [],
      }),
    migrate: (params) => note('migrate', params, { campaign: campaigns[0]?.id ?? '', concerns: [] }),
    beginExport: (params) => note('beginExport', params, { campaign: campaigns[0]?.id ?? '', concerns: [] }),
    bundle: async function* (params) {
      yield await note('bundle', params, Buffer.from('a bundle'));
    },
    pause: steer('pause', 'paused'),
    resume: steer('resume', 'moving'),
    cutover: steer('cutover', 'moving'),
    cancel: steer('cancel', 'rolling back'),
    commit: steer('commit', 'committed'),
    rollback: steer('rollback', 'rolling back'),
    verify: (params) =>
      note('verify', params, {
        campaign: params.campaign,
        at: '2026-11-20T12:00:00.000Z',
        disks: [],
        comparison: null,
        waivers: [],
      }),
    report: async ({ campaign: id }) => {
      const changes = { leftOut: [], mapped: [], adopted: [], changed: [] };
      const totals = { servers: 0, rolledBack: 0, diskBytes: 0, sentBytes: 0, resources: {} };
      const { project, state, startedAt, endedAt } = find(id);
      return {
        campaign: id,
        project,
        state,
        startedAt,
        endedAt,
        moves: [],
        totals,
        changes,
        left: null,
        verification: null,
        problems: [],
      };
    },
    log: async ({ campaign }) => facts(campaign),
    follow: async function* ({ campaign }) {
      yield* facts(campaign);
    },
  };
  return daemon;
}
