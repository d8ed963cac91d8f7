import { countOf, countsOf } from '../../shared/model/kind-words.ts';
import { leftText } from '../../shared/print/left-text.ts';
import { showBytes, showTime } from '../../shared/print/units.ts';
import { changeTitles } from './changes.ts';
import { assumedNote, orDash, unknownNote } from './figures.ts';
import type { MoveReport, Report } from './model.ts';
import { figure } from './page-parts.ts';
import { pagePolicy, pageScript } from './page-script.ts';
import { byteTable, diskTable, phaseTable, roundTable, serverTable, timeline } from './page-servers.ts';
import { resourcesTitle } from './resources-title.ts';
import { shortId, toldApart } from './server-names.ts';
import { escaped, reportStyle } from './style.ts';
import { verificationSection } from './verification-page.ts';

/**
 * A report as one HTML page that needs nothing else: no network; legible on paper, in the dark and
 * without its script, which searches, sorts and groups.
 */
export function reportPage(report: Report): string {
  const { campaign, project, state, totals } = report;
  const moves = toldApart(report.moves);
  const phases = moves.reduce((sum, { phases }) => sum + phases.length, 0);
  const disks = moves.reduce((sum, move) => sum + move.disks.length, 0);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(pagePolicy)}">
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
${serverFigures(totals)}
${figure('of disks', showBytes(totals.diskBytes))}
${figure('sent', showBytes(totals.sentBytes))}
${figure('longest downtime', orDash(longest(moves)))}
</section>
${paragraphs(leftText(report.left, `sender commit ${shortId(campaign)}`))}
${problemSection(report)}
<p id="controls" hidden><input id="search" type="search" placeholder="Search name, id, state, wave" aria-label="Search"> <label>Group by <select id="group"><option value="">nothing</option><option value="state">state</option><option value="wave">wave</option></select></label> <span id="found"></span></p>
<section>
<h2>Servers</h2>
${serverTable(moves)}
${paragraphs([...assumedNote(moves), ...unknownNote(moves)])}
</section>
<section>
<h2>Phases and downtime</h2>
${timeline(moves)}
${folded(countOf('phase', phases), phaseTable(moves))}
</section>
<section>
<h2>Bytes</h2>
${byteTable(moves)}
</section>
${moves.some(({ rounds }) => rounds.length > 0) ? `<section>\n<h2>Rounds before the cutover</h2>\n${roundTable(moves)}\n</section>` : ''}
<section>
<h2>Disks</h2>
${folded(countOf('disk', disks), diskTable(moves))}
</section>
<section>
<h2>Network side and the rest</h2>
<p>${escaped(`${resourcesTitle(report)}: ${countsOf(totals.resources) || 'nothing'}`)}</p>
</section>
${changeSection(report)}
${report.verification === null ? '' : verificationSection(report.verification)}
<footer>Written by <code>sender report</code> from the campaign’s journal. Times are UTC; sizes are binary (1 KiB = 1024 B).</footer>
<script>${pageScript}</script>
</body>
</html>
`;
}

function longest(moves: readonly MoveReport[]): number | null {
  const known = moves.flatMap(({ downtimeMs }) => (downtimeMs === null ? [] : [downtimeMs]));
  return known.length === 0 ? null : Math.max(...known);
}

/** How many servers there are; after a rollback of all of them, how many had moved. */
function serverFigures({ servers, volumes = 0, images = 0, rolledBack }: Report['totals']): string {
  const back = rolledBack === 0 ? [] : [figure('moved and rolled back', String(rolledBack))];
  const there = servers === 0 && rolledBack > 0 ? [] : [figure(servers === 1 ? 'server' : 'servers', String(servers))];
  const alone = [
    ...(volumes === 0 ? [] : [figure('volumes without a server', String(volumes))]),
    ...(images === 0 ? [] : [figure('images', String(images))]),
  ];
  return [...there, ...alone, ...back].join('\n');
}

function paragraphs(lines: readonly string[]): string {
  return lines.map((line) => `<p>${escaped(line)}</p>`).join('\n');
}

function folded(summary: string, content: string): string {
  return `<details><summary>${escaped(summary)}</summary>${content}</details>`;
}

/** Problems that a retry overcame are folded away: those that stopped something are seen. */
function problemSection({ problems }: Report): string {
  const list = (some: Report['problems']): string => `<ul>${some.map(problemItem).join('')}</ul>`;
  const overcome = problems.filter((problem) => problem.overcome);
  const others = problems.filter((problem) => !problem.overcome);
  return [
    others.length === 0 ? '' : `<section class="problems"><h2>Problems met</h2>${list(others)}</section>`,
    overcome.length === 0
      ? ''
      : `<section>${folded(`${countOf('problem', overcome.length)} that a retry overcame`, list(overcome))}</section>`,
  ].join('\n');
}

function problemItem({ at, code, says, hint, about }: Report['problems'][number]): string {
  const where = about === undefined ? '' : ` <code>${escaped(about)}</code>`;
  return `<li><time>${showTime(at)}</time> <code>${escaped(code)}</code>${where}<br>${escaped(says)}<br><em>${escaped(hint)}</em></li>`;
}

function changeSection({ changes }: Report): string {
  const lists = changeTitles.flatMap(([list, title]) => {
    const items = changes[list].map((says) => `<li>${escaped(says)}</li>`);
    return items.length === 0 ? [] : [`<h3>${escaped(title)}</h3>\n<ul class="changes">${items.join('')}</ul>`];
  });
  return `<section>\n<h2>What is not as it was</h2>\n${lists.length === 0 ? '<p>Nothing.</p>' : lists.join('\n')}\n</section>`;
}
