import { showBytes, showDuration, showTime } from '../../shared/print/units.ts';
import { changeTitles } from './changes.ts';
import { assumedNote, forecastOf, orDash, roundBytes, sum } from './figures.ts';
import { leftText } from './left-text.ts';
import type { MoveReport, Report } from './model.ts';
import { diskName } from './names.ts';
import { figure, number, table } from './page-parts.ts';
import { phaseBar, phaseColours } from './phase-bar.ts';
import { toldApart } from './server-names.ts';
import { escaped, reportStyle } from './style.ts';

/**
 * A report as one HTML page that needs nothing else: no network, no scripts; legible on paper and
 * in the dark.
 */
export function reportPage(report: Report): string {
  const { campaign, project, state, totals, problems } = report;
  const moves = toldApart(report.moves);
  const colours = phaseColours(moves);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`${project}: campaign ${campaign}`)}</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<h1>${escaped(project)}</h1>
<p>Campaign <code>${escaped(campaign)}</code>, ${showTime(report.startedAt)} – ${showTime(report.endedAt)} UTC: <strong class="state ${escaped(state.replaceAll(' ', '-'))}">${escaped(state)}</strong></p>
</header>
<section class="totals">
${figure('servers', String(totals.servers))}
${figure('of disks', showBytes(totals.diskBytes))}
${figure('sent', showBytes(totals.sentBytes))}
${figure('longest downtime', orDash(longest(moves)))}
</section>
${leftText(report.left)
  .map((line) => `<p>${escaped(line)}</p>`)
  .join('\n')}
${problems.length === 0 ? '' : problemSection(report)}
<section>
<h2>Servers</h2>
${serverTable(moves)}
</section>
<section>
<h2>Bytes</h2>
${byteTable(moves)}
</section>
<section>
<h2>Phases</h2>
<p class="legend">${legend(colours)}</p>
${moves.map((move) => phaseSection(move, colours)).join('\n')}
</section>
${moves.some(({ rounds }) => rounds.length > 0) ? `<section>\n<h2>Rounds before the cutover</h2>\n${roundTable(moves)}\n</section>` : ''}
<section>
<h2>Disks</h2>
${diskTable(moves)}
</section>
<section>
<h2>Network side and the rest</h2>
${table(
  ['Kind', 'Built'],
  Object.entries(totals.resources).map(([kind, count]) => [escaped(kind), number(String(count))]),
)}
</section>
${changeSection(report)}
<footer>Written by <code>sender report</code> from the campaign’s journal. Times are UTC; sizes are binary (1 KiB = 1024 B).</footer>
</body>
</html>
`;
}

function longest(moves: readonly MoveReport[]): number | null {
  const known = moves.flatMap(({ downtimeMs }) => (downtimeMs === null ? [] : [downtimeMs]));
  return known.length === 0 ? null : Math.max(...known);
}

function problemSection({ problems }: Report): string {
  const items = problems.map(
    ({ at, code, says, hint, about }) =>
      `<li><time>${showTime(at)}</time> <code>${escaped(code)}</code>${about === undefined ? '' : ` <code>${escaped(about)}</code>`}<br>${escaped(says)}<br><em>${escaped(hint)}</em></li>`,
  );
  return `<section class="problems"><h2>Problems met</h2><ul>${items.join('')}</ul></section>`;
}

function changeSection({ changes }: Report): string {
  const lists = changeTitles.flatMap(([list, title]) => {
    const items = changes[list].map((says) => `<li>${escaped(says)}</li>`);
    return items.length === 0 ? [] : [`<h3>${escaped(title)}</h3>\n<ul class="changes">${items.join('')}</ul>`];
  });
  return `<section>\n<h2>What is not as it was</h2>\n${lists.length === 0 ? '<p>Nothing.</p>' : lists.join('\n')}\n</section>`;
}

/** A column of a table of servers: its heading, and the HTML of its cells. */
interface ServerColumn {
  readonly head: string;
  readonly cell: (move: MoveReport) => string;
}

function ofServers(moves: readonly MoveReport[], columns: readonly ServerColumn[]): string {
  const heads = columns.map(({ head }) => head);
  return table(
    heads,
    moves.map((move) => columns.map(({ cell }) => cell(move))),
  );
}

/** Columns that no server has a value for are left out: the table fits a page of 1280 pixels. */
function serverTable(moves: readonly MoveReport[]): string {
  const notes = assumedNote(moves).map((note) => `\n<p>${escaped(note)}</p>`);
  const probed = { head: 'Probed', cell: (move: MoveReport) => number(orDash(move.probed?.downtimeMs ?? null)) };
  const forecast = { head: 'Forecast', cell: (move: MoveReport) => number(forecastOf(move)) };
  const servers = ofServers(moves, [
    { head: 'Server', cell: name },
    { head: 'State', cell: stateOf },
    { head: 'Took', cell: (move) => number(orDash(move.migrationMs)) },
    { head: 'Downtime', cell: (move) => number(orDash(move.downtimeMs)) },
    ...(moves.some((move) => move.probed !== null) ? [probed] : []),
    ...(moves.some((move) => move.forecast !== null) ? [forecast] : []),
    { head: 'Network', cell: (move) => number(orDash(move.networkMs)) },
    { head: 'Overhead', cell: (move) => number(orDash(move.overheadMs)) },
    {
      head: 'At the destination',
      cell: (move) => (move.destinationId === null ? '–' : `<code>${escaped(move.destinationId)}</code>`),
    },
  ]);
  return `${servers}${notes.join('')}`;
}

function byteTable(moves: readonly MoveReport[]): string {
  const inRounds = { head: 'In rounds', cell: (move: MoveReport) => number(showBytes(roundBytes(move))) };
  return ofServers(moves, [
    { head: 'Server', cell: name },
    { head: 'Disks', cell: (move) => number(showBytes(sum(move, 'sizeBytes'))) },
    { head: 'Zero', cell: (move) => number(showBytes(sum(move, 'zeroBytes'))) },
    { head: 'Reused', cell: (move) => number(showBytes(sum(move, 'reusedBytes'))) },
    { head: 'Copied', cell: (move) => number(showBytes(sum(move, 'copiedBytes'))) },
    ...(moves.some(({ rounds }) => rounds.length > 0) ? [inRounds] : []),
    { head: 'Sent', cell: (move) => number(showBytes(sum(move, 'sentBytes'))) },
  ]);
}

function stateOf({ state }: MoveReport): string {
  return `<span class="state ${escaped(state.replaceAll(' ', '-'))}">${escaped(state)}</span>`;
}

function phaseSection(move: MoveReport, colours: ReadonlyMap<string, string>): string {
  const rows = move.phases.map((phase) => [escaped(phase.name), showTime(phase.startedAt), number(showDuration(phase.ms))]);
  return `<h3>${name(move)}</h3>\n${phaseBar(move, colours)}\n<details><summary>${move.phases.length} phases</summary>${table(['Phase', 'Began', 'Took'], rows)}</details>`;
}

function legend(colours: ReadonlyMap<string, string>): string {
  return [...colours].map(([phase, colour]) => `<span><i style="background:${colour}"></i>${escaped(phase)}</span>`).join(' ');
}

function roundTable(moves: readonly MoveReport[]): string {
  const rows = moves.flatMap((move) =>
    move.rounds.map(({ round, endedAt, blocks, bytes, snapshot_ms, copy_ms }) => [
      name(move),
      number(String(round)),
      showTime(endedAt),
      number(String(blocks)),
      number(showBytes(bytes)),
      number(showDuration(snapshot_ms)),
      number(showDuration(copy_ms)),
    ]),
  );
  return table(['Server', 'Round', 'Ended', 'Blocks', 'Sent', 'Snapshot', 'Copy'], rows);
}

function diskTable(moves: readonly MoveReport[]): string {
  const rows = moves.flatMap((move) =>
    move.disks.map((disk) => [
      name(move),
      `<code>${escaped(diskName(disk.id, move.server))}</code>`,
      number(showBytes(disk.sizeBytes)),
      number(showBytes(disk.pulledBytes)),
      number(showBytes(disk.sentBytes)),
      `<code class="digest">${escaped(disk.root)}</code>`,
    ]),
  );
  return table(['Server', 'Disk', 'Size', 'Pulled', 'Sent', 'Root digest'], rows);
}

function name(move: MoveReport): string {
  return move.name === '' ? `<code>${escaped(move.server)}</code>` : `<span class="name" dir="auto">${escaped(move.name)}</span>`;
}
