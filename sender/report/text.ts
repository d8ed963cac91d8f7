import { type Column, table } from '../../shared/print/table.ts';
import { visible } from '../../shared/print/text.ts';
import { showBytes, showDuration, showTime } from '../../shared/print/units.ts';
import type { MoveReport, Report } from './model.ts';
import { sentBytes } from './report.ts';

/** A report as lines of text: totals, one table of servers, one of stages, one of disks, and every problem met. */
export function reportText(report: Report, columns = Number.POSITIVE_INFINITY): string[] {
  const { totals } = report;
  const resources = Object.entries(totals.resources).map(([kind, count]) => `${count} ${kind}`);
  const stages = report.moves.flatMap((move) => move.phases.map((phase) => ({ ...phase, server: move.name })));
  const warm = report.moves.some((move) => move.forecast !== null);
  const probed = report.moves.some((move) => move.probed !== null);
  const rounds = report.moves.flatMap((move) => move.rounds.map((round) => ({ ...round, server: move.name })));
  const disks = report.moves.flatMap((move) => move.disks.map((disk) => ({ ...disk, server: move.name })));
  return [
    `Campaign ${report.campaign} of project ${visible(report.project)}: ${report.state}`,
    `${showTime(report.startedAt)} – ${showTime(report.endedAt)} UTC`,
    `${totals.servers} servers, ${showBytes(totals.diskBytes)} of disks, ${showBytes(totals.sentBytes)} sent${compression(report)}`,
    ...(resources.length > 0 ? [`Built: ${resources.join(', ')}`] : []),
    '',
    ...table(
      report.moves,
      [
        { title: 'SERVER', show: (move) => visible(move.name) },
        { title: 'STATE', show: (move) => move.state },
        { title: 'TOOK', show: (move) => orDash(move.migrationMs), align: 'right' },
        { title: 'DOWNTIME', show: (move) => orDash(move.downtimeMs), align: 'right' },
        ...(probed
          ? [{ title: 'PROBED', show: (move: MoveReport) => orDash(move.probed?.downtimeMs ?? null), align: 'right' as const }]
          : []),
        ...(warm ? [{ title: 'FORECAST', show: forecastOf, align: 'right' as const }] : []),
        { title: 'DISKS', show: (move) => showBytes(sum(move, 'sizeBytes')), align: 'right' },
        { title: 'ZERO', show: (move) => showBytes(sum(move, 'zeroBytes')), align: 'right' },
        {
          title: 'REUSED',
          show: (move) => showBytes(sum(move, 'reusedBytes') + sum(move, 'copiedBytes')),
          align: 'right',
        },
        { title: 'SENT', show: (move) => showBytes(sentBytes(move)), align: 'right' },
        { title: 'AT DESTINATION', whole: true, show: (move) => move.destinationId ?? '-' },
      ],
      columns,
    ),
    ...section(
      report.moves.filter((move) => move.networkMs !== null),
      [
        { title: 'SERVER', show: (move) => visible(move.name) },
        { title: 'NETWORK', show: (move) => orDash(move.networkMs), align: 'right' },
        { title: 'OVERHEAD', show: (move) => orDash(move.overheadMs), align: 'right' },
        { title: 'LAST ANSWER', show: (move) => showTime(move.probed?.lastAnswerAt ?? null) },
        { title: 'FIRST ANSWER', show: (move) => showTime(move.probed?.firstAnswerAt ?? null) },
      ],
      columns,
    ),
    ...section(
      stages,
      [
        { title: 'SERVER', show: (stage) => visible(stage.server) },
        { title: 'STAGE', show: (stage) => stage.name },
        { title: 'BEGAN', show: (stage) => showTime(stage.startedAt) },
        { title: 'TOOK', show: (stage) => showDuration(stage.ms), align: 'right' },
      ],
      columns,
    ),
    ...section(
      rounds,
      [
        { title: 'SERVER', show: (round) => visible(round.server) },
        { title: 'ROUND', show: (round) => String(round.round), align: 'right' },
        { title: 'ENDED', show: (round) => showTime(round.endedAt) },
        { title: 'BLOCKS', show: (round) => String(round.blocks), align: 'right' },
        { title: 'SENT', show: (round) => showBytes(round.bytes), align: 'right' },
        { title: 'SNAPSHOT', show: (round) => showDuration(round.snapshot_ms), align: 'right' },
        { title: 'COPY', show: (round) => showDuration(round.copy_ms), align: 'right' },
      ],
      columns,
    ),
    ...section(
      disks,
      [
        { title: 'SERVER', show: (disk) => visible(disk.server) },
        { title: 'DISK', show: (disk) => visible(disk.id) },
        { title: 'SIZE', show: (disk) => showBytes(disk.sizeBytes), align: 'right' },
        { title: 'ROOT DIGEST', whole: true, show: (disk) => disk.root },
      ],
      columns,
    ),
    ...report.problems.flatMap((problem) => [
      '',
      `${showTime(problem.at)}  ${problem.code}: ${visible(problem.says)}`,
      `  → ${visible(problem.hint)}`,
    ]),
  ];
}

/** A table after an empty line; nothing where there is nothing to show. */
function section<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): string[] {
  return rows.length === 0 ? [] : ['', ...table(rows, columns, width)];
}

/** What is counted of every disk. */
type ByteCount = 'sizeBytes' | 'zeroBytes' | 'reusedBytes' | 'copiedBytes' | 'pulledBytes' | 'sentBytes';

/** Bytes of one sort over all disks of a server. */
export function sum(move: MoveReport, field: ByteCount): number {
  return move.disks.reduce((total, disk) => total + disk[field], 0);
}

/** What compression made of the bytes that were pulled; nothing where it saved nothing. */
function compression({ moves }: Report): string {
  const pulled = moves.reduce((total, move) => total + sum(move, 'pulledBytes'), 0);
  const sent = moves.reduce((total, move) => total + sum(move, 'sentBytes'), 0);
  return sent < pulled ? ` (${Math.round((100 * sent) / pulled)} % of ${showBytes(pulled)})` : '';
}

/** What the downtime of a warm move was expected to be. */
export function forecastOf({ forecast }: MoveReport): string {
  return orDash(forecast?.downtimeMs ?? null);
}

/** A duration, or a dash where there is none yet. */
export function orDash(ms: number | null): string {
  return ms === null ? '-' : showDuration(ms);
}
