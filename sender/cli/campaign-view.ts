import type { Output, Style } from '../../shared/print/output.ts';
import { table } from '../../shared/print/table.ts';
import { visible } from '../../shared/print/text.ts';
import { showBytes, showDuration, showRate, showShare, showTime } from '../../shared/print/units.ts';
import type { ProblemJson } from '../../shared/problem.ts';
import type { SenderStatus } from '../control/commands/status.ts';
import type { CampaignStatus, DiskStatus, MoveStatus } from '../control/commands.ts';
import type { BandwidthStatus } from '../receiver/bandwidth.ts';
import type { View } from './live.ts';
import { warmText } from './warm-view.ts';

/** What `sender status` shows: the peer, then each campaign. Ended campaigns are one line each unless one was asked for. */
export function statusLines(status: SenderStatus, output: Output, wanted?: string): string[] {
  const { peer } = status;
  const paired =
    peer === null ? 'not paired; see `sender pair --help`' : `${visible(peer.name)} at ${peer.address}: ${peer.state}`;
  const shown = wanted === undefined ? status.campaigns : status.campaigns.filter(({ id }) => id === wanted);
  return [
    `receiver   ${paired}${peer !== null && peer.state !== 'connected' ? ` (${visible(peer.says)})` : ''}`,
    ...(wanted === undefined ? [`bandwidth  ${bandwidthText(status.bandwidth)}`] : []),
    ...(shown.length === 0 ? ['campaigns  none'] : []),
    ...shown.flatMap((campaign) => [
      '',
      ...(wanted === undefined && isOver(campaign) ? [headline(campaign, output)] : picture(campaign, output)),
    ]),
  ];
}

/** The limit on what is sent, and what is sent now. */
export function bandwidthText({ limit, by, bytesPerSecond }: BandwidthStatus): string {
  const limited = limit === 'none' ? 'no limit' : `at most ${limit}`;
  return `${limited}${by === 'configuration' ? '' : by === 'plan' ? ' (by the plan)' : ' (by command)'}; now ${showRate(bytesPerSecond)}`;
}

/** One campaign as it is watched: redrawn on a terminal, as changes elsewhere. */
export function campaignView(campaign: CampaignStatus, output: Output): View {
  const whole = { key: campaign.id, stage: campaign.state, text: `${campaign.id}: ${campaign.state}, ${visible(campaign.says)}` };
  return {
    picture: picture(campaign, output),
    items: [
      whole,
      ...campaign.moves.map((move) => ({
        key: move.server,
        stage: `${move.state} ${move.phase} ${move.warm?.rounds.length ?? ''} ${move.window?.opensAt ?? ''}`,
        text: [
          visible(move.name),
          stageOf(move),
          ...(move.warm === null ? [] : [warmText(move.warm)]),
          ...(move.window === null ? [] : [move.window.says]),
          ...move.disks.filter(isUnderWay).map(diskText),
        ].join(', '),
      })),
    ],
  };
}

const stateStyles: Readonly<Record<string, Style>> = {
  failed: 'red',
  ready: 'green',
  committed: 'green',
  moved: 'green',
  moving: 'cyan',
  paused: 'yellow',
};

function picture(campaign: CampaignStatus, output: Output): string[] {
  const rows = campaign.moves.flatMap((move) => [move, ...move.disks.filter(isUnderWay)]);
  const waves = new Set(campaign.moves.map((move) => move.wave));
  const columns = [
    {
      title: '  SERVER',
      show: (row: MoveStatus | DiskStatus) => ('server' in row ? `  ${visible(row.name)}` : `    ${visible(row.id)}`),
    },
    ...(waves.size > 1
      ? [{ title: 'WAVE', show: (row: MoveStatus | DiskStatus) => ('server' in row ? visible(row.wave) : '') }]
      : []),
    {
      title: 'STATE',
      show: (row: MoveStatus | DiskStatus) => ('server' in row ? paint(stageOf(row), row.state, output) : barOf(row)),
    },
    { title: 'COPIED', show: copied, align: 'right' as const },
    {
      title: 'SENT',
      show: (row: MoveStatus | DiskStatus) => total(row, (disk) => disk.sentBytes, showBytes),
      align: 'right' as const,
    },
    {
      title: 'RATE',
      show: (row: MoveStatus | DiskStatus) => total(row, (disk) => disk.bytesPerSecond, showRate),
      align: 'right' as const,
    },
    { title: 'ETA', show: etaOf, align: 'right' as const },
  ];
  return [
    headline(campaign, output),
    `  ${visible(campaign.says)}`,
    `  network side: ${campaign.built} of ${campaign.toBuild} built; servers: ${movedOf(campaign)} of ${campaign.moves.length} moved`,
    ...problemLines(campaign.problem, '  ', output),
    '',
    ...table(rows, columns, output.size().columns),
    ...campaign.moves.flatMap((move) => (move.warm === null ? [] : [`  ${visible(move.name)}: ${warmText(move.warm)}`])),
    ...campaign.moves.flatMap(({ name, window }) => (window === null ? [] : [`  ${visible(name)} ${visible(window.says)}`])),
    ...campaign.moves.flatMap((move) => problemLines(move.problem, `  ${visible(move.name)}: `, output)),
  ];
}

function headline(campaign: CampaignStatus, output: Output): string {
  const end = campaign.endedAt === null ? '' : ` – ${showTime(campaign.endedAt)}`;
  const state = paint(campaign.state, campaign.state, output);
  return `campaign   ${campaign.id}  ${visible(campaign.project)}  ${state}  ${showTime(campaign.startedAt)}${end} UTC`;
}

function problemLines(problem: ProblemJson | null, before: string, output: Output): string[] {
  if (problem === null) return [];
  return [
    `${before}${output.style('red', visible(problem.says))} (${problem.code})`,
    `  ${output.style('dim', `→ ${visible(problem.hint)}`)}`,
  ];
}

function paint(text: string, state: string, output: Output): string {
  const style = stateStyles[state];
  return style === undefined ? text : output.style(style, text);
}

function stageOf(move: MoveStatus): string {
  return move.state === 'moving' && move.phase !== null ? move.phase : move.state;
}

function isOver(campaign: CampaignStatus): boolean {
  return campaign.state === 'committed' || campaign.state === 'rolled back';
}

function movedOf(campaign: CampaignStatus): number {
  return campaign.moves.filter((move) => move.state === 'moved').length;
}

function isUnderWay(disk: DiskStatus): boolean {
  return disk.doneBytes > 0 && disk.doneBytes < disk.sizeBytes;
}

function diskText(disk: DiskStatus): string {
  const eta = disk.etaSeconds === null ? '' : `, ${showDuration(disk.etaSeconds * 1_000)} to go`;
  return `${showBytes(disk.doneBytes)} of ${showBytes(disk.sizeBytes)} at ${showRate(disk.bytesPerSecond)}${eta}`;
}

/** Eight columns of a bar, then the share. */
function barOf(disk: DiskStatus): string {
  const filled = Math.floor((8 * disk.doneBytes) / Math.max(1, disk.sizeBytes));
  return `${'█'.repeat(filled)}${'░'.repeat(8 - filled)} ${showShare(disk.doneBytes, disk.sizeBytes)}`;
}

function disksOf(row: MoveStatus | DiskStatus): readonly DiskStatus[] {
  return 'server' in row ? row.disks : [row];
}

function total(row: MoveStatus | DiskStatus, of: (disk: DiskStatus) => number, show: (sum: number) => string): string {
  const disks = disksOf(row);
  return disks.length === 0 ? '-' : show(disks.reduce((sum, disk) => sum + of(disk), 0));
}

function copied(row: MoveStatus | DiskStatus): string {
  const size = total(row, (disk) => disk.sizeBytes, showBytes);
  if (size === '-') return '-';
  const done = total(row, (disk) => disk.doneBytes, showBytes);
  // The unit is said once where it is the same.
  const [number, unit] = done.split(' ');
  return `${size.endsWith(` ${unit}`) ? number : done} of ${size}`;
}

function etaOf(row: MoveStatus | DiskStatus): string {
  const left = disksOf(row).flatMap((disk) => (disk.etaSeconds === null ? [] : [disk.etaSeconds]));
  const longest = Math.max(0, ...left);
  return longest === 0 ? '-' : showDuration(longest * 1_000);
}
