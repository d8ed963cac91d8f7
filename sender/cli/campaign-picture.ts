import { countOf } from '../../shared/model/kind-words.ts';
import type { Output } from '../../shared/print/output.ts';
import { cut, visible } from '../../shared/print/text.ts';
import { showBytes, showDuration, showRate, showShare, showTime } from '../../shared/print/units.ts';
import type { ProblemJson } from '../../shared/problem.ts';
import { campaignStates, moveStates } from '../campaign/campaign-states.ts';
import type { CampaignStatus, MoveStatus } from '../campaign/campaign-status.ts';
import { widestName } from '../report/names.ts';
import { toldApart } from '../report/server-names.ts';
import { barOf, isUnderWay, movesTable, paint } from './moves-table.ts';
import { warmText } from './warm-view.ts';

/** A campaign in two lines: when it was, and how it stands. */
export function summary(campaign: CampaignStatus, output: Output): string[] {
  const end = campaign.endedAt === null ? '' : ` – ${showTime(campaign.endedAt)}`;
  const state = paint(campaign.state, campaignStates[campaign.state].colour, output);
  return [
    `campaign   ${campaign.id}  ${visible(campaign.project)}  ${state}  ${showTime(campaign.startedAt)}${end} UTC`,
    `  ${visible(campaign.says)}`,
  ];
}

/**
 * A campaign with its servers, in at most `rows` lines where that can be done: what moves and what
 * has failed comes first then, and the rest becomes numbers.
 */
export function picture(campaign: CampaignStatus, output: Output, rows = Number.POSITIVE_INFINITY): string[] {
  const moves = toldApart(campaign.moves);
  const head = [
    ...summary(campaign, output),
    `  network side: ${networkText(campaign)}; servers: ${serversText(campaign)}`,
    ...totalLine(campaign),
    ...differenceLines(campaign, rows),
    ...(isOfServer(campaign, campaign.problem) ? [] : problemLines(campaign.problem, '  ', output)),
    ...(isOfServer(campaign, campaign.before) ? [] : problemLines(campaign.before, '  before that: ', output)),
    '',
  ];
  const whole = [...movesTable(moves, output), ...below(moves, output)];
  if (head.length + whole.length <= rows) return [...head, ...whole];
  const shown = fitting(moves, rows - head.length - 2, output);
  const rest = moves.filter((move) => !shown.includes(move));
  const table = shown.length === 0 ? [] : [...movesTable(shown, output), ...below(shown, output)];
  return [...head, ...table, `  ${restText(rest)}`];
}

/** The servers of the greatest interest that fit into some lines, in the order of the plan. */
function fitting(moves: readonly MoveStatus[], lines: number, output: Output): MoveStatus[] {
  const byInterest = moves.toSorted((a, b) => interestOf(a) - interestOf(b));
  const chosen = new Set<MoveStatus>();
  let left = lines;
  for (const move of byInterest) {
    left -= 1 + move.disks.filter(isUnderWay).length + below([move], output).length;
    if (left < 0) break;
    chosen.add(move);
  }
  return moves.filter((move) => chosen.has(move));
}

/** The smaller, the sooner an operator wants to see it. */
function interestOf({ state, problem, warm, window }: MoveStatus): number {
  if (state === 'moving') return warm?.waits === true || window !== null ? 2 : 0;
  if (problem !== null) return 1;
  return moveStates[state].hasMoved ? 4 : 3;
}

function restText(rest: readonly MoveStatus[]): string {
  const states = Map.groupBy(rest, ({ state }) => state);
  const counts = [...states].map(([state, some]) => `${some.length} ${state}`);
  return `… and ${countOf('server', rest.length)} more: ${counts.join(', ')}`;
}

function below(moves: readonly MoveStatus[], output: Output): string[] {
  return [
    ...moves.flatMap((move) => togetherText(move)),
    ...moves.flatMap((move) => (move.warm === null ? [] : [`  ${shortName(move)}: ${warmText(move.warm)}`])),
    ...moves.flatMap((move) => (move.window === null ? [] : [`  ${shortName(move)} ${visible(move.window.says)}`])),
    ...moves.flatMap((move) => [
      ...problemLines(move.problem, `  ${shortName(move)}: `, output),
      ...problemLines(move.before, `  ${shortName(move)}, before that: `, output),
    ]),
  ];
}

/** Why a server that is at work may wait for others. */
function togetherText({ name, state, together = [] }: MoveStatus): string[] {
  if (state !== 'moving' || together.length === 0) return [];
  return [`  ${cut(visible(name), widestName)} moves together with ${visible(together.join(', '))}: they share volumes`];
}

/** How far all servers are together; nothing before there are bytes, and after the end. */
function totalLine({ state, progress }: CampaignStatus): string[] {
  const { sizeBytes, doneBytes, sentBytes, bytesPerSecond, etaSeconds } = progress;
  if (campaignStates[state].isOver || doneBytes === 0) return [];
  const parts = [
    `${showBytes(doneBytes)} of ${showBytes(sizeBytes)} copied`,
    `${showBytes(sentBytes)} sent`,
    ...(bytesPerSecond > 0 ? [showRate(bytesPerSecond)] : []),
    ...(etaSeconds === null ? [] : [`about ${showDuration(etaSeconds * 1_000)} to go`]),
  ];
  return [`  ${barOf(doneBytes, sizeBytes, 24)} ${showShare(doneBytes, sizeBytes)}: ${parts.join(', ')}`];
}

/** Whether a problem of the campaign is told beside a server already. */
function isOfServer({ moves }: CampaignStatus, problem: ProblemJson | null | undefined): boolean {
  return moves.some((move) => [move.problem, move.before].some((one) => one != null && one.says === problem?.says));
}

/** What is not as it was at the source; a number where the lines are few. */
function differenceLines({ differences }: CampaignStatus, rows: number): string[] {
  if (rows !== Number.POSITIVE_INFINITY && differences.length > 2)
    return [`  ${differences.length} resources are not as they were; \`sender report\` names them`];
  return differences.map(({ ref, says }) => `  not as it was: ${visible(ref)}: ${visible(says)}`);
}

/** `95 built, 15 adopted, of 110`; after a rollback, what became of it. */
function networkText({ state, built, adopted, toBuild, moves }: CampaignStatus): string {
  if (state === 'rolled back') return moves.some((move) => moveStates[move.state].hasMoved) ? 'kept' : 'removed';
  if (state === 'rolling back') return 'being removed';
  if (built === null) return `${toBuild} to build; how many are built is known when the receiver answers`;
  return adopted === 0 ? `${built} of ${toBuild} built` : `${built} built, ${adopted} adopted, of ${toBuild}`;
}

function shortName({ name }: MoveStatus): string {
  return cut(visible(name), widestName);
}

function problemLines(problem: ProblemJson | null | undefined, before: string, output: Output): string[] {
  if (problem == null) return [];
  return [
    `${before}${output.style('red', visible(problem.says))} (${problem.code})`,
    `  ${output.style('dim', `→ ${visible(problem.hint)}`)}`,
  ];
}

/** `2 of 3 moved, 1 failed`. */
function serversText({ moves }: CampaignStatus): string {
  const count = (wanted: (state: MoveStatus['state']) => boolean): number => moves.filter(({ state }) => wanted(state)).length;
  const failed = count((state) => state === 'failed');
  const word = moves.some(({ state }) => state === 'frozen') ? 'frozen' : 'moved';
  return `${count((state) => moveStates[state].hasMoved)} of ${moves.length} ${word}${failed === 0 ? '' : `, ${failed} failed`}`;
}
