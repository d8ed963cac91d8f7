import type { CampaignStatus, MoveStatus, SenderCommands, SenderStatus } from '../../sender/control/commands.ts';
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
    ...{ server: `id-of-${name}`, name, wave: 'one', state: 'moving', phase: 'copy' },
    ...{ disks: [disk], warm: null, window: null, problem: null },
    ...more,
  };
}

/** A campaign as it stands while it moves. */
export function aCampaignStatus(more: Partial<CampaignStatus> = {}): CampaignStatus {
  return {
    id: '7c0a2d8e-52b2-4f0f-9d63-5a7d33a0c1de',
    project: 'shop',
    state: 'moving',
    says: 'Copying 1 disk.',
    startedAt: '2026-11-21T12:00:00.000Z',
    endedAt: null,
    built: 12,
    toBuild: 12,
    moves: [aMoveStatus('db'), aMoveStatus('web', { state: 'waiting', phase: null, disks: [] })],
    problem: null,
    ...more,
  };
}

/** What the daemon under a command answers with, and what it was asked. */
export interface RecordedDesk extends SenderCommands {
  readonly asked: unknown[][];
  /** Statuses that follow one another as `changed` resolves; the last one stays. */
  statuses: SenderStatus[];
}

/** A sender's desk that answers from a list and notes every question, to hold the commands against. */
export function aRecordedDesk(campaigns: readonly CampaignStatus[] = [aCampaignStatus()]): RecordedDesk {
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
  const note = async <T>(name: string, given: readonly unknown[], answer: T): Promise<T> => {
    asked.push([name, ...given]);
    return answer;
  };
  const steer =
    (name: string, state: CampaignStatus['state']) =>
    (id: string, ...more: unknown[]) =>
      note(name, [id, ...more], { ...find(id), state });
  const desk: RecordedDesk = {
    asked,
    statuses: [{ release: '0.1.0', peer, bandwidth, campaigns }],
    status: async () => desk.statuses[0] as SenderStatus,
    changed: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (desk.statuses.length > 1) desk.statuses.shift();
    },
    pair: (address, code) => note('pair', [address, code], { name: 'cloud-b', fingerprint: 'abcd ef01' }),
    peers: async () => [
      { name: 'cloud-b', address: peer.address, fingerprint: 'abcd ef01', pairedAt: '2026-11-20T09:00:00.000Z' },
    ],
    unpair: (name) => note('unpair', [name], undefined),
    bandwidth: (limit) => note('bandwidth', [limit], limit === undefined ? bandwidth : { ...bandwidth, limit, by: 'command' }),
    rotate: () => note('rotate', [], { fingerprint: '2345 6789' }),
    capture: async () => {
      throw new Problem('E_AUTH', 'The cloud does not know the password.');
    },
    plan: (selection) =>
      note('plan', [selection], {
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
      }),
    migrate: (plan, file, options) => note('migrate', [plan, file, options], { campaign: campaigns[0]?.id ?? '', concerns: [] }),
    migrateDocument: (document, file) => note('migrateDocument', [document, file], { campaign: 'x', concerns: [] }),
    beginExport: (selection) => note('beginExport', [selection], { campaign: campaigns[0]?.id ?? '', concerns: [] }),
    bundle: async function* (id) {
      yield await note('bundle', [id], Buffer.from('a bundle'));
    },
    pause: steer('pause', 'paused'),
    resume: steer('resume', 'moving'),
    cutover: steer('cutover', 'moving'),
    cancel: steer('cancel', 'rolling back'),
    commit: steer('commit', 'committed'),
    verify: (id) => note('verify', [id], []),
    rollback: steer('rollback', 'rolling back'),
    report: async (id) => {
      const totals = { servers: 0, diskBytes: 0, sentBytes: 0, resources: {} };
      const { project, state, startedAt, endedAt } = find(id);
      return { campaign: id, project, state, startedAt, endedAt, moves: [], totals, problems: [] };
    },
    log: async (id) => [{ at: '2026-11-21T12:00:00.000Z', is: 'begun', campaign: find(id).id }],
  };
  return desk;
}
