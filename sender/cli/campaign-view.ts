import type { Output } from '../../shared/print/output.ts';
import { cut, visible } from '../../shared/print/text.ts';
import { showBytes, showDuration, showRate } from '../../shared/print/units.ts';
import { campaignStates, isSettled } from '../campaign/campaign-states.ts';
import type { CampaignStatus, DiskStatus, MoveStatus } from '../campaign/campaign-status.ts';
import type { SenderStatus } from '../control/commands/status.ts';
import type { BandwidthStatus } from '../receiver/bandwidth.ts';
import { widestName } from '../report/names.ts';
import { shortId, toldApart } from '../report/server-names.ts';
import { picture, summary } from './campaign-picture.ts';
import type { LiveView } from './live.ts';
import { isUnderWay, stageOf } from './moves-table.ts';
import { warmText } from './warm-view.ts';

/** How many campaigns that have ended are shown unless all are asked for. */
export const mostEnded = 3;

/** What of a status is shown. */
export interface StatusChoice {
  /** The id of the only campaign that is shown, whole. */
  readonly only?: string | undefined;
  /** Every campaign that has ended, too. */
  readonly all?: boolean | undefined;
  /** Lines of the terminal; endless where nothing is redrawn. */
  readonly rows?: number | undefined;
}

/**
 * What `sender status` shows: the receiver, then each campaign, open ones first. One that has ended
 * takes two lines unless it was asked for.
 */
export function statusLines(status: SenderStatus, output: Output, choice: StatusChoice = {}): string[] {
  const { only, all = false, rows = Number.POSITIVE_INFINITY } = choice;
  const { peer } = status;
  const paired =
    peer === null ? 'not paired; see `sender pair --help`' : `${visible(peer.name)} at ${peer.address}: ${peer.state}`;
  const whole = status.campaigns.filter(({ id, state }) => (only === undefined ? !campaignStates[state].isOver : id === only));
  const ended = only === undefined ? status.campaigns.filter(({ state }) => campaignStates[state].isOver) : [];
  const shown = all ? ended : ended.slice(0, mostEnded);
  const head = [
    `receiver   ${paired}${peer !== null && peer.state !== 'connected' ? ` (${visible(peer.says)})` : ''}`,
    ...(only === undefined ? [`bandwidth  ${bandwidthText(status.bandwidth)}`] : []),
    ...(status.damaged ?? []).map(({ id, problem }) => `damaged    campaign ${id}: ${visible(problem.says)}`),
    ...(whole.length + ended.length === 0 ? ['campaigns  none'] : []),
  ];
  const foot = [
    ...shown.flatMap((campaign) => ['', ...summary(campaign, output)]),
    ...(ended.length > shown.length
      ? ['', `… and ${ended.length - shown.length} more that have ended: \`sender status --all\``]
      : []),
  ];
  const share = Math.floor((rows - head.length - foot.length) / Math.max(1, whole.length)) - 1;
  return [...head, ...whole.flatMap((campaign) => ['', ...picture(campaign, output, share)]), ...foot];
}

/** The limit on what is sent, and what is sent now. */
export function bandwidthText({ limit, by, bytesPerSecond }: BandwidthStatus): string {
  const limited = limit === 'none' ? 'no limit' : `at most ${limit}`;
  return `${limited}${by === 'configuration' ? '' : by === 'plan' ? ' (by the plan)' : ' (by command)'}; now ${showRate(bytesPerSecond)}`;
}

/** The state of a campaign and what it does; the state is not said twice. */
export function stateText({ state, says }: CampaignStatus, between: string): string {
  return visible(says.toLowerCase().startsWith(state) ? says : `${state}${between}${says}`);
}

/** One campaign as it is watched: redrawn on a terminal, as changes elsewhere. */
export function campaignView(campaign: CampaignStatus, output: Output): LiveView {
  const text = `campaign ${shortId(campaign.id)}: ${stateText(campaign, ', ')}`;
  const whole = { key: campaign.id, state: campaign.state, text };
  const moves = toldApart(campaign.moves).map((move) => ({
    key: move.server,
    state: `${move.state} ${move.phase} ${move.warm?.rounds.length ?? ''} ${move.window?.opensAt ?? ''}`,
    text: `${move.kind ?? 'server'} ${move.server} ${[
      shortName(move),
      stageOf(move),
      ...(move.warm === null ? [] : [warmText(move.warm)]),
      ...(move.window === null ? [] : [move.window.says]),
      ...move.disks.filter(isUnderWay).map(diskText),
    ].join(', ')}`,
  }));
  return {
    picture: (rows) => picture(campaign, output, rows),
    // How a campaign ended comes after how its servers did.
    items: isSettled(campaign.state) ? [...moves, whole] : [whole, ...moves],
  };
}

function shortName({ name }: MoveStatus): string {
  return cut(visible(name), widestName);
}

function diskText(disk: DiskStatus): string {
  const eta = disk.etaSeconds === null ? '' : `, ${showDuration(disk.etaSeconds * 1_000)} to go`;
  const rate = disk.bytesPerSecond > 0 ? ` at ${showRate(disk.bytesPerSecond)}` : '';
  return `${showBytes(disk.doneBytes)} of ${showBytes(disk.sizeBytes)}${rate}${eta}`;
}
