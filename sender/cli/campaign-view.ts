import type { Output } from '../../shared/print/output.ts';
import { cut, visible } from '../../shared/print/text.ts';
import { showBytes, showDuration, showRate, showTime } from '../../shared/print/units.ts';
import type { ProblemJson } from '../../shared/problem.ts';
import { campaignStates, isSettled, moveStates } from '../campaign/campaign-states.ts';
import type { CampaignStatus, DiskStatus, MoveStatus } from '../campaign/campaign-status.ts';
import type { SenderStatus } from '../control/commands/status.ts';
import type { BandwidthStatus } from '../receiver/bandwidth.ts';
import { widestName } from '../report/names.ts';
import { shortId, toldApart } from '../report/server-names.ts';
import type { LiveView } from './live.ts';
import { isUnderWay, movesTable, paint, stageOf } from './moves-table.ts';
import { warmText } from './warm-view.ts';

/**
 * What `sender status` shows: the receiver, then each campaign. One that has ended takes two lines
 * unless it was asked for.
 */
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
      ...(wanted === undefined && campaignStates[campaign.state].isOver ? summary(campaign, output) : picture(campaign, output)),
    ]),
  ];
}

/** The limit on what is sent, and what is sent now. */
export function bandwidthText({ limit, by, bytesPerSecond }: BandwidthStatus): string {
  const limited = limit === 'none' ? 'no limit' : `at most ${limit}`;
  return `${limited}${by === 'configuration' ? '' : by === 'plan' ? ' (by the plan)' : ' (by command)'}; now ${showRate(bytesPerSecond)}`;
}

/** One campaign as it is watched: redrawn on a terminal, as changes elsewhere. */
export function campaignView(campaign: CampaignStatus, output: Output): LiveView {
  const text = `campaign ${shortId(campaign.id)}: ${campaign.state}, ${visible(campaign.says)}`;
  const whole = { key: campaign.id, state: campaign.state, text };
  const moves = toldApart(campaign.moves).map((move) => ({
    key: move.server,
    state: `${move.state} ${move.phase} ${move.warm?.rounds.length ?? ''} ${move.window?.opensAt ?? ''}`,
    text: [
      shortName(move),
      stageOf(move),
      ...(move.warm === null ? [] : [warmText(move.warm)]),
      ...(move.window === null ? [] : [move.window.says]),
      ...move.disks.filter(isUnderWay).map(diskText),
    ].join(', '),
  }));
  return {
    picture: picture(campaign, output),
    // How a campaign ended comes after how its servers did.
    items: isSettled(campaign.state) ? [...moves, whole] : [whole, ...moves],
  };
}

function summary(campaign: CampaignStatus, output: Output): string[] {
  return [headline(campaign, output), `  ${visible(campaign.says)}`];
}

function picture(campaign: CampaignStatus, output: Output): string[] {
  const moves = toldApart(campaign.moves);
  return [
    ...summary(campaign, output),
    `  network side: ${networkText(campaign)}; servers: ${serversText(campaign)}`,
    ...campaign.differences.map(({ ref, says }) => `  not as it was: ${visible(ref)}: ${visible(says)}`),
    ...problemLines(campaign.problem, '  ', output),
    '',
    ...movesTable(moves, output),
    ...moves.flatMap((move) => (move.warm === null ? [] : [`  ${shortName(move)}: ${warmText(move.warm)}`])),
    ...moves.flatMap((move) => (move.window === null ? [] : [`  ${shortName(move)} ${visible(move.window.says)}`])),
    ...moves.flatMap((move) => problemLines(move.problem, `  ${shortName(move)}: `, output)),
  ];
}

function shortName({ name }: MoveStatus): string {
  return cut(visible(name), widestName);
}

function headline(campaign: CampaignStatus, output: Output): string {
  const end = campaign.endedAt === null ? '' : ` – ${showTime(campaign.endedAt)}`;
  const state = paint(campaign.state, campaignStates[campaign.state].colour, output);
  return `campaign   ${campaign.id}  ${visible(campaign.project)}  ${state}  ${showTime(campaign.startedAt)}${end} UTC`;
}

function problemLines(problem: ProblemJson | null, before: string, output: Output): string[] {
  if (problem === null) return [];
  return [
    `${before}${output.style('red', visible(problem.says))} (${problem.code})`,
    `  ${output.style('dim', `→ ${visible(problem.hint)}`)}`,
  ];
}

/** `95 built, 15 adopted, of 110`. */
function networkText({ built, adopted, toBuild }: CampaignStatus): string {
  if (built === null) return `${toBuild} to build; how many are built is known when the receiver answers`;
  return adopted === 0 ? `${built} of ${toBuild} built` : `${built} built, ${adopted} adopted, of ${toBuild}`;
}

/** `2 of 3 moved, 1 failed`. */
function serversText({ moves }: CampaignStatus): string {
  const count = (wanted: (state: MoveStatus['state']) => boolean): number => moves.filter(({ state }) => wanted(state)).length;
  const failed = count((state) => state === 'failed');
  const word = moves.some(({ state }) => state === 'frozen') ? 'frozen' : 'moved';
  return `${count((state) => moveStates[state].hasMoved)} of ${moves.length} ${word}${failed === 0 ? '' : `, ${failed} failed`}`;
}

function diskText(disk: DiskStatus): string {
  const eta = disk.etaSeconds === null ? '' : `, ${showDuration(disk.etaSeconds * 1_000)} to go`;
  const rate = disk.bytesPerSecond > 0 ? ` at ${showRate(disk.bytesPerSecond)}` : '';
  return `${showBytes(disk.doneBytes)} of ${showBytes(disk.sizeBytes)}${rate}${eta}`;
}
