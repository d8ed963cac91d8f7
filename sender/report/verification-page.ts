import { wordOf, wordsOf } from '../../shared/model/kind-words.ts';
import { showBytes, showTime } from '../../shared/print/units.ts';
import { type AttributeComparison, type ComparedLine, notEqual } from '../campaign/compare/comparison.ts';
import type { Verification } from '../campaign/compare/verification.ts';
import { diskName } from './names.ts';
import { figure, number, table } from './page-parts.ts';
import { toldApart } from './server-names.ts';
import { escaped, reportStyle } from './style.ts';
import { labelOfLine, noComparison, notes, rowsOf, sortOf } from './verification-text.ts';

const titles: Readonly<Record<ComparedLine['is'], string>> = {
  different: 'Different',
  changed: 'Changed at the source since its capture',
  waived: 'Waived',
  told: 'Told beforehand',
};

/** A verification as one HTML page that needs nothing else: no network, no script. */
export function verificationPage(verification: Verification): string {
  const { campaign, comparison, disks } = verification;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`Verification of campaign ${campaign}`)}</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<h1>Both sides, held against each other</h1>
<p>Campaign <code>${escaped(campaign)}</code>, read at ${showTime(verification.at)} UTC: ${verdictOf(verification)}</p>
</header>
${comparison === null ? '' : figures(comparison)}
${verificationSection(verification)}
${disks.length === 0 ? '' : `<section>\n<h2>Disks</h2>\n${diskRows(verification)}\n</section>`}
<footer>Written by <code>sender verify</code>, which read the source and the destination anew. An attribute that each cloud works out by itself is not compared.</footer>
</body>
</html>
`;
}

/** The comparison of attributes, as a part of a page. */
export function verificationSection({ comparison, at }: Verification): string {
  if (comparison === null) return `<section>\n<h2>Attributes</h2>\n<p>${escaped(noComparison)}</p>\n</section>`;
  // What is not as it should be comes first; what was told beforehand is folded away.
  const lists = notEqual.filter((is) => is !== 'told').map((is) => linesOf(is, comparison));
  const more = notes(comparison).map((note) => `<p>${escaped(note)}</p>`);
  return `<section id="attributes">
<h2>Attributes</h2>
<p>Every attribute of every resource, as both clouds had it at ${showTime(at)} UTC.</p>
${[...lists, '<h3>Counts</h3>', countTable(comparison), linesOf('told', comparison), ...more].join('\n')}
</section>`;
}

/** The verdict in one phrase. */
function verdictOf({ comparison, disks }: Verification): string {
  const wrong = disks.filter(({ agrees }) => !agrees).length;
  const isBad = wrong > 0 || comparison?.worst === 'serious';
  const word =
    wrong > 0
      ? `${wrong} of ${disks.length} disks differ`
      : comparison?.worst === 'serious'
        ? 'different'
        : comparison?.worst === 'minor'
          ? 'different in what harms no guest'
          : 'the same';
  return `<strong class="state ${isBad ? 'failed' : comparison?.worst === 'minor' ? '' : 'ready'}">${word}</strong>`;
}

function figures(comparison: AttributeComparison): string {
  const sum = (sort: 'resources' | 'equal' | 'mapped' | 'told' | 'changed' | 'waived' | 'different'): number =>
    rowsOf(comparison).reduce((total, row) => total + row[sort], 0);
  const shown = [
    ['resources', sum('resources')],
    ['attributes equal', sum('equal')],
    ['mapped as planned', sum('mapped')],
    ['told beforehand', sum('told')],
    ['changed at the source', sum('changed')],
    ['waived', sum('waived')],
    ['different', sum('different')],
  ] as const;
  return `<section class="totals">\n${shown.map(([label, count]) => figure(label, String(count))).join('\n')}\n</section>`;
}

function countTable(comparison: AttributeComparison): string {
  const heads = ['Kind', 'Resources', 'Equal', 'Mapped', 'Told', 'Changed', 'Waived', 'Not readable', 'Different'];
  const rows = rowsOf(comparison).map((row) => [
    escaped(row.resources === 1 ? wordOf(row.kind) : wordsOf(row.kind)),
    ...[row.resources, row.equal, row.mapped, row.told, row.changed, row.waived, row.unread].map(cell),
    row.different === 0 ? cell(0) : `<data value="${row.different}"><strong class="failed">${row.different}</strong></data>`,
  ]);
  return table(heads, rows);
}

function cell(count: number): string {
  return count === 0 ? number('·', 0) : number(String(count), count);
}

function linesOf(is: ComparedLine['is'], { lines }: AttributeComparison): string {
  const some = lines.filter((line) => line.is === is);
  if (some.length === 0) return '';
  const heads = ['Resource', 'Attribute', 'How', is === 'waived' ? 'Until, by whom, why' : 'Severity'];
  const rows = some.map((line) => [
    escaped(labelOfLine(line)),
    `<code>${escaped(line.attribute)}</code>`,
    `<span class="says">${escaped(line.says)}</span>`,
    lastCell(line),
  ]);
  const shown = `<h3>${titles[is]}: ${some.length}</h3>`;
  if (is !== 'told') return `${shown}\n${table(heads, rows)}`;
  return `<details><summary>${titles[is]}: ${some.length}</summary>${table(
    heads.slice(0, 3),
    rows.map((row) => row.slice(0, 3)),
  )}</details>`;
}

function lastCell(line: ComparedLine): string {
  if (line.waiver !== undefined) return escaped(`${line.waiver.until}, ${line.waiver.owner}: ${line.waiver.reason}`);
  const isSerious = line.is === 'different' && line.severity === 'serious';
  return isSerious ? '<strong class="failed">serious</strong>' : escaped(line.severity ?? sortOf(line));
}

function diskRows({ disks }: Verification): string {
  const rows = toldApart(disks).map(({ name, disk, server, sizeBytes, sha256, agrees, says }) => [
    `<span class="name">${escaped(name)}</span>`,
    escaped(diskName(disk, server)),
    number(showBytes(sizeBytes), sizeBytes),
    `<strong class="state ${agrees ? 'ready' : 'failed'}">${agrees ? 'same' : 'differs'}</strong>`,
    agrees ? `<code class="digest">${escaped(sha256 ?? '')}</code>` : escaped(says),
  ]);
  return table(['Server', 'Disk', 'Size', 'Result', 'SHA-256'], rows);
}
