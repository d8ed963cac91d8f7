import { showBytes, showDuration, showTime } from '../../shared/print/units.ts';
import { sentBytesOf } from '../campaign/sent-bytes.ts';
import { forecastOf, orDash, reused, roundBytes, sum } from './figures.ts';
import type { MoveReport } from './model.ts';
import { diskName } from './names.ts';
import { number, type TableRow, table } from './page-parts.ts';
import { phaseBar, phaseColours, spanOf, timeAxis } from './phase-bar.ts';
import { escaped } from './style.ts';

/** A column of a table of servers: its heading, and the HTML of its cells. */
interface ServerColumn {
  readonly head: string;
  readonly cell: (move: MoveReport) => string;
}

/** Columns that no server has a value for are left out: the table fits a page of 1280 pixels. */
export function serverTable(moves: readonly MoveReport[]): string {
  const probed = { head: 'Probed', cell: (move: MoveReport) => time(move.probed?.downtimeMs ?? null) };
  const forecast = {
    head: 'Forecast',
    cell: (move: MoveReport) => number(forecastOf(move), move.forecast?.downtimeMs ?? -1),
  };
  const waves = new Set(moves.map(({ wave }) => wave));
  return ofServers(moves, [
    { head: 'Server', cell: nameOf },
    ...(waves.size > 1 ? [{ head: 'Wave', cell: ({ wave }: MoveReport) => `<span class="name">${escaped(wave)}</span>` }] : []),
    { head: 'State', cell: stateOf },
    { head: 'Took', cell: (move) => time(move.migrationMs) },
    { head: 'Downtime', cell: (move) => time(move.downtimeMs) },
    ...(moves.some((move) => move.probed !== null) ? [probed] : []),
    ...(moves.some((move) => move.forecast !== null) ? [forecast] : []),
    ...(moves.some(({ rolledBackAt }) => rolledBackAt !== null) ? backColumns : []),
    { head: 'Network', cell: (move) => time(move.networkMs) },
    { head: 'Overhead', cell: (move) => time(move.overheadMs) },
    {
      head: 'At destination',
      cell: (move) => (move.destinationId === null ? '–' : `<code class="id">${escaped(move.destinationId)}</code>`),
    },
  ]);
}

/** Only of servers that were taken back. */
const backColumns: readonly ServerColumn[] = [
  { head: 'Moved', cell: ({ movedAt }) => showTime(movedAt) },
  { head: 'Rolled back', cell: ({ rolledBackAt }) => showTime(rolledBackAt) },
];

/** The bytes of each server's disks: what was zero, reused and sent. */
export function byteTable(moves: readonly MoveReport[]): string {
  const inRounds = { head: 'In rounds', cell: (move: MoveReport) => bytes(roundBytes(move)) };
  return ofServers(moves, [
    { head: 'Server', cell: nameOf },
    { head: 'Disks', cell: (move) => bytes(sum(move, 'sizeBytes')) },
    { head: 'Zero', cell: (move) => bytes(sum(move, 'zeroBytes')) },
    { head: 'Reused', cell: (move) => bytes(reused(move)) },
    { head: 'Sent', cell: (move) => bytes(sentBytesOf(move)) },
    ...(moves.some(({ rounds }) => rounds.length > 0) ? [inRounds] : []),
  ]);
}

/** When each server was in which phase, and when it was down, on one time line. */
export function timeline(moves: readonly MoveReport[]): string {
  const span = spanOf(moves);
  if (span === null) return '<p>No phase has ended yet.</p>';
  const colours = phaseColours(moves);
  const legend = [...colours].map(([phase, colour]) => mark(`background:${colour}`, phase));
  const bar = (move: MoveReport): string => (move.phases.length === 0 ? '–' : phaseBar(move, colours, span));
  const rows = ofServers(moves, [
    { head: 'Server', cell: nameOf },
    { head: 'Phases, and below them the downtime', cell: bar },
  ]);
  return `<p class="legend">${legend.join(' ')} ${mark('background:var(--bad);height:.3em;vertical-align:middle', 'down')}</p>
${timeAxis(span)}
<div class="timeline">${rows}</div>`;
}

/** One row for each phase of each server. */
export function phaseTable(moves: readonly MoveReport[]): string {
  const rows = moves.flatMap((move, place) =>
    move.phases.map(({ name, startedAt, ms }) =>
      rowOf(move, place, [nameOf(move), escaped(name), showTime(startedAt), number(showDuration(ms), ms)]),
    ),
  );
  return table(['Server', 'Phase', 'Began', 'Took'], rows);
}

/** The rounds of warm moves. */
export function roundTable(moves: readonly MoveReport[]): string {
  const rows = moves.flatMap((move, place) =>
    move.rounds.map((round) =>
      rowOf(move, place, [
        nameOf(move),
        number(String(round.round), round.round),
        showTime(round.endedAt),
        number(String(round.blocks), round.blocks),
        bytes(round.bytes),
        number(showDuration(round.snapshot_ms), round.snapshot_ms),
        number(showDuration(round.copy_ms), round.copy_ms),
      ]),
    ),
  );
  return table(['Server', 'Round', 'Ended', 'Blocks', 'Sent', 'Snapshot', 'Copy'], rows);
}

/** Every disk with its root digest. */
export function diskTable(moves: readonly MoveReport[]): string {
  const rows = moves.flatMap((move, place) =>
    move.disks.map((disk) =>
      rowOf(move, place, [
        nameOf(move),
        `<code>${escaped(diskName(disk.id, move.server))}</code>`,
        bytes(disk.sizeBytes),
        bytes(disk.pulledBytes),
        bytes(disk.sentBytes),
        `<code class="digest">${escaped(disk.root)}</code>`,
      ]),
    ),
  );
  return table(['Server', 'Disk', 'Size', 'Pulled', 'Sent', 'Root digest'], rows);
}

function ofServers(moves: readonly MoveReport[], columns: readonly ServerColumn[]): string {
  const rows = moves.map((move, place) =>
    rowOf(
      move,
      place,
      columns.map(({ cell }) => cell(move)),
    ),
  );
  return table(
    columns.map(({ head }) => head),
    rows,
  );
}

/** A row of a server, with what the page's search and groups read. */
function rowOf(move: MoveReport, place: number, cells: readonly string[]): TableRow {
  const { server, name, state, wave, destinationId } = move;
  const find = [name, server, state, wave, destinationId ?? ''].join(' ').toLowerCase();
  const attributes = ` data-find="${escaped(find)}" data-place="${place}" data-state="${escaped(state)}" data-wave="${escaped(wave)}"`;
  return { cells, attributes };
}

function nameOf(move: MoveReport): string {
  return move.name === '' ? `<code>${escaped(move.server)}</code>` : `<span class="name" dir="auto">${escaped(move.name)}</span>`;
}

function stateOf({ state }: MoveReport): string {
  return `<span class="state ${escaped(state.replaceAll(' ', '-'))}">${escaped(state)}</span>`;
}

function time(ms: number | null): string {
  return number(orDash(ms), ms ?? -1);
}

function bytes(count: number): string {
  return number(showBytes(count), count);
}

function mark(style: string, text: string): string {
  return `<span><i style="${style}"></i>${escaped(text)}</span>`;
}
