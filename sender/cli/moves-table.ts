import type { Output, Style } from '../../shared/print/output.ts';
import { table } from '../../shared/print/table.ts';
import { visible } from '../../shared/print/text.ts';
import { showBytes, showDuration, showRate, showShare } from '../../shared/print/units.ts';
import { moveStates } from '../campaign/campaign-states.ts';
import type { DiskStatus, MoveStatus } from '../campaign/campaign-status.ts';
import { diskName, widestName } from '../report/names.ts';
import { undoneText } from '../report/undone-text.ts';

/** A row of the table: a server, or below it one of its disks that is being copied. */
interface MoveRow {
  readonly move: MoveStatus;
  readonly disk?: DiskStatus | undefined;
}

/** The servers of a campaign and their disks under way, as a table. */
export function movesTable(moves: readonly MoveStatus[], output: Output): string[] {
  const rows = moves.flatMap((move): MoveRow[] => [{ move }, ...move.disks.filter(isUnderWay).map((disk) => ({ move, disk }))]);
  const waves = new Set(moves.map((move) => move.wave));
  const columns = [
    {
      title: '  SERVER',
      show: ({ move, disk }: MoveRow) =>
        disk === undefined ? `  ${visible(move.name)}` : `    ${visible(diskName(disk.id, move.server))}`,
      most: widestName,
    },
    ...(waves.size > 1
      ? [{ title: 'WAVE', show: ({ move, disk }: MoveRow) => (disk === undefined ? visible(move.wave) : ''), most: widestName }]
      : []),
    {
      title: 'STATE',
      show: ({ move, disk }: MoveRow) =>
        disk === undefined ? paint(stageOf(move), moveStates[move.state].colour, output) : shareOf(disk),
    },
    { title: 'COPIED', show: copied, align: 'right' as const },
    {
      title: 'SENT',
      show: ({ move, disk }: MoveRow) => {
        const sent = disk === undefined ? move.sentBytes : disk.sentBytes;
        return sent === 0 && disksOf({ move, disk }).length === 0 ? '-' : showBytes(sent);
      },
      align: 'right' as const,
    },
    {
      title: 'RATE',
      show: (row: MoveRow) => total(row, (disk) => disk.bytesPerSecond, showRate),
      align: 'right' as const,
    },
    { title: 'ETA', show: etaOf, align: 'right' as const },
  ];
  return table(rows, columns, output.size().columns);
}

/** A text in the colour of a state; plain where the state has none. */
export function paint(text: string, style: Style | undefined, output: Output): string {
  return style === undefined ? text : output.style(style, text);
}

/** What a server does now: its phase while it moves, or what was undone last. */
export function stageOf(move: MoveStatus): string {
  return moveStates[move.state].showsPhase && move.phase !== null ? undoneText(move.phase) : move.state;
}

/** Whether a disk is being copied. */
export function isUnderWay(disk: DiskStatus): boolean {
  return disk.doneBytes > 0 && disk.doneBytes < disk.sizeBytes;
}

/** A bar of some columns that is filled as far as a part of a whole. */
export function barOf(part: number, whole: number, columns: number): string {
  const filled = Math.min(columns, Math.floor((columns * part) / Math.max(1, whole)));
  return `${'█'.repeat(filled)}${'░'.repeat(columns - filled)}`;
}

function shareOf({ doneBytes, sizeBytes }: DiskStatus): string {
  return `${barOf(doneBytes, sizeBytes, 8)} ${showShare(doneBytes, sizeBytes)}`;
}

/**
 * The disks that a row counts; one of which nothing was heard yet has no size and counts for
 * nothing.
 */
function disksOf({ move, disk }: MoveRow): readonly DiskStatus[] {
  return (disk === undefined ? move.disks : [disk]).filter(({ sizeBytes }) => sizeBytes > 0);
}

function total(row: MoveRow, of: (disk: DiskStatus) => number, show: (sum: number) => string): string {
  const disks = disksOf(row);
  return disks.length === 0 ? '-' : show(disks.reduce((sum, disk) => sum + of(disk), 0));
}

function copied(row: MoveRow): string {
  const size = total(row, (disk) => disk.sizeBytes, showBytes);
  if (size === '-') return '-';
  const done = total(row, (disk) => disk.doneBytes, showBytes);
  // The unit is printed once where both numbers have it.
  const [number, unit] = done.split(' ');
  return `${size.endsWith(` ${unit}`) ? number : done} of ${size}`;
}

function etaOf(row: MoveRow): string {
  const left = disksOf(row).flatMap((disk) => (disk.etaSeconds === null ? [] : [disk.etaSeconds]));
  const longest = Math.max(0, ...left);
  return longest === 0 ? '-' : showDuration(longest * 1_000);
}
