import { countOf, countsOf } from '../../shared/model/kind-words.ts';
import { leftText } from '../../shared/print/left-text.ts';
import { type Column, table } from '../../shared/print/table.ts';
import { visible } from '../../shared/print/text.ts';
import { showBytes, showDuration, showTime } from '../../shared/print/units.ts';
import { sentBytesOf } from '../campaign/sent-bytes.ts';
import { changeTitles } from './changes.ts';
import { assumedNote, forecastOf, orDash, reused, roundBytes, sum, unknownNote } from './figures.ts';
import type { MoveReport, Report } from './model.ts';
import { diskName, widestName } from './names.ts';
import { everyPhaseText, phasesText } from './phases-text.ts';
import { resourcesTitle } from './resources-title.ts';
import { shortId, toldApart } from './server-names.ts';

/** How a report is written as text. */
export interface TextOptions {
  /** Of the terminal; endless where nobody reads on one. */
  readonly columns?: number;
  /** One line for each phase of each server, in place of one line for each server. */
  readonly everyPhase?: boolean;
}

/**
 * A report as lines of text: totals, tables of servers, phases, rounds, disks, and every problem.
 */
export function reportText(report: Report, options: TextOptions = {}): string[] {
  const { columns = Number.POSITIVE_INFINITY, everyPhase = false } = options;
  const moves = toldApart(report.moves);
  return [
    ...headLines(report),
    '',
    ...table(moves, serverColumns(moves), columns),
    ...assumedNote(moves),
    ...unknownNote(moves),
    ...section(
      moves.filter((move) => move.networkMs !== null),
      networkColumns(moves),
      columns,
    ),
    ...(everyPhase ? everyPhaseText(moves, columns) : phasesText(moves, columns)),
    ...section(
      moves.flatMap((move) => move.rounds.map((round) => ({ ...round, server: move.name }))),
      roundColumns,
      columns,
    ),
    ...section(
      moves.flatMap((move) => move.disks.map((disk) => ({ ...disk, move }))),
      diskColumns,
      columns,
    ),
    ...changesText(report.changes),
    ...verificationLine(report),
    ...problemLines(report),
  ];
}

/** Every problem that stopped something; those that a retry overcame are counted. */
function problemLines({ problems }: Report): string[] {
  const overcome = Map.groupBy(
    problems.filter((problem) => problem.overcome),
    ({ code }) => code,
  );
  const counts = [...overcome].map(([code, some]) => `${code} ${some.length}`);
  return [
    ...problems
      .filter((problem) => !problem.overcome)
      .flatMap((problem) => [
        '',
        `${showTime(problem.at)}  ${problem.code}: ${visible(problem.says)}`,
        `  → ${visible(problem.hint)}`,
      ]),
    ...(counts.length === 0 ? [] : ['', `Overcome by retries: ${counts.join(', ')}; \`sender log\` shows each.`]),
  ];
}

/** What `sender verify` found last. */
function verificationLine({ verification }: Report): string[] {
  if (verification === null) return [];
  const { worst } = verification.comparison ?? { worst: null };
  const wrong = verification.disks.filter(({ agrees }) => !agrees).length;
  const disks = wrong === 0 ? '' : `${wrong} of ${countOf('disk', verification.disks.length)} differ, `;
  const attributes = worst === null ? 'no attribute differs' : `attributes differ (${worst})`;
  return ['', `Verified ${showTime(verification.at)} UTC: ${disks}${attributes}. \`sender verify\` reads both sides again.`];
}

function headLines(report: Report): string[] {
  const { campaign, project, state, startedAt, endedAt, totals, moves, left } = report;
  const resources = countsOf(totals.resources);
  const sent = `${showBytes(totals.sentBytes)} sent${compression(moves)}`;
  return [
    `Campaign ${campaign} of project ${visible(project)}: ${state}`,
    `${showTime(startedAt)} – ${showTime(endedAt)} UTC`,
    `${serversText(totals)}, ${showBytes(totals.diskBytes)} of disks, ${sent}`,
    ...(resources === '' ? [] : [`${resourcesTitle(report)}: ${resources}`]),
    ...leftText(left, `sender commit ${shortId(campaign)}`).map(visible),
  ];
}

/**
 * `3 servers`; `2 servers moved and rolled back`; `1 server moved, 2 moved and rolled back`. With
 * others: `3 servers, 1 volume without a server, 2 images`.
 */
function serversText({ volumes = 0, images = 0, ...totals }: Report['totals']): string {
  const alone = [
    ...(volumes === 0 ? [] : [`${countOf('volume', volumes)} without a server`]),
    ...(images === 0 ? [] : [countOf('image', images)]),
  ];
  return [serversAlone(totals), ...alone].join(', ');
}

function serversAlone({ servers, rolledBack }: Pick<Report['totals'], 'servers' | 'rolledBack'>): string {
  if (rolledBack === 0) return countOf('server', servers);
  if (servers === 0) return `${countOf('server', rolledBack)} moved and rolled back`;
  return `${countOf('server', servers)} moved, ${rolledBack} moved and rolled back`;
}

/**
 * What compression saved on the wire; nothing where it saved nothing. What rounds pulled is not in
 * the journal, so that nothing can be said where there were any.
 */
function compression(moves: readonly MoveReport[]): string {
  if (moves.some(({ rounds }) => rounds.length > 0)) return '';
  const pulled = moves.reduce((total, move) => total + sum(move, 'pulledBytes'), 0);
  const sent = moves.reduce((total, move) => total + sum(move, 'sentBytes'), 0);
  return sent < pulled ? `, compressed from ${showBytes(pulled)}` : '';
}

/** Columns that no server has a value for are left out. */
function serverColumns(moves: readonly MoveReport[]): Column<MoveReport>[] {
  const probed: Column<MoveReport> = {
    title: 'PROBED',
    show: (move) => orDash(move.probed?.downtimeMs ?? null),
    align: 'right',
  };
  const forecast: Column<MoveReport> = { title: 'FORECAST', show: forecastOf, align: 'right' };
  const inRounds: Column<MoveReport> = { title: 'IN ROUNDS', show: (move) => showBytes(roundBytes(move)), align: 'right' };
  return [
    { title: 'SERVER', show: (move) => visible(move.name), most: widestName },
    { title: 'STATE', show: (move) => move.state },
    { title: 'TOOK', show: (move) => orDash(move.migrationMs), align: 'right' },
    { title: 'DOWNTIME', show: (move) => orDash(move.downtimeMs), align: 'right' },
    ...(moves.some((move) => move.probed !== null) ? [probed] : []),
    ...(moves.some((move) => move.forecast !== null) ? [forecast] : []),
    { title: 'DISKS', show: (move) => showBytes(sum(move, 'sizeBytes')), align: 'right' },
    { title: 'ZERO', show: (move) => showBytes(sum(move, 'zeroBytes')), align: 'right' },
    { title: 'REUSED', show: (move) => showBytes(reused(move)), align: 'right' },
    { title: 'SENT', show: (move) => showBytes(sentBytesOf(move)), align: 'right' },
    ...(moves.some(({ rounds }) => rounds.length > 0) ? [inRounds] : []),
    ...(moves.some((move) => move.rolledBackAt !== null) ? backColumns : []),
    { title: 'AT DESTINATION', whole: true, show: (move) => move.destinationId ?? '-' },
  ];
}

/** Only of servers that were taken back. */
const backColumns: readonly Column<MoveReport>[] = [
  { title: 'MOVED', show: (move) => showTime(move.movedAt) },
  { title: 'ROLLED BACK', show: (move) => showTime(move.rolledBackAt) },
];

/** The answers are left out where no probe ran. */
function networkColumns(moves: readonly MoveReport[]): Column<MoveReport>[] {
  const answers: Column<MoveReport>[] = [
    { title: 'LAST ANSWER', show: (move) => showTime(move.probed?.lastAnswerAt ?? null) },
    { title: 'FIRST ANSWER', show: (move) => showTime(move.probed?.firstAnswerAt ?? null) },
  ];
  return [
    { title: 'SERVER', show: (move) => visible(move.name), most: widestName },
    { title: 'NETWORK', show: (move) => orDash(move.networkMs), align: 'right' },
    { title: 'OVERHEAD', show: (move) => orDash(move.overheadMs), align: 'right' },
    ...(moves.some((move) => move.probed !== null) ? answers : []),
  ];
}

type RoundRow = MoveReport['rounds'][number] & { readonly server: string };

const roundColumns: readonly Column<RoundRow>[] = [
  { title: 'SERVER', show: (round) => visible(round.server), most: widestName },
  { title: 'ROUND', show: (round) => String(round.round), align: 'right' },
  { title: 'ENDED', show: (round) => showTime(round.endedAt) },
  { title: 'BLOCKS', show: (round) => String(round.blocks), align: 'right' },
  { title: 'SENT', show: (round) => showBytes(round.bytes), align: 'right' },
  { title: 'SNAPSHOT', show: (round) => showDuration(round.snapshot_ms), align: 'right' },
  { title: 'COPY', show: (round) => showDuration(round.copy_ms), align: 'right' },
];

type DiskRow = MoveReport['disks'][number] & { readonly move: MoveReport };

const diskColumns: readonly Column<DiskRow>[] = [
  { title: 'SERVER', show: ({ move }) => visible(move.name), most: widestName },
  { title: 'DISK', show: ({ id, move }) => visible(diskName(id, move.server)), most: widestName },
  { title: 'SIZE', show: (disk) => showBytes(disk.sizeBytes), align: 'right' },
  { title: 'ROOT DIGEST', whole: true, show: (disk) => disk.root },
];

/** Each list of changes under its heading; nothing where there is none. */
function changesText(changes: Report['changes']): string[] {
  return changeTitles.flatMap(([list, title]) =>
    changes[list].length === 0 ? [] : ['', `${title}:`, ...changes[list].map((says) => `  - ${visible(says)}`)],
  );
}

/** A table after an empty line; nothing where there is nothing to show. */
function section<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): string[] {
  return rows.length === 0 ? [] : ['', ...table(rows, columns, width)];
}
