import { type Row, type Run, spreadOf } from './record.ts';
import type { Results } from './results.ts';

/** The rows that are drawn, from left to right and from top to bottom. */
const drawn = ['cold-100', 'cold-1000', 'cold-free', 'few-100', 'few-1000', 'siblings'];

const sheet = { columns: 2, panelWidth: 470, gap: 24, margin: 24, barHeight: 20, headHeight: 56, footHeight: 60 };
const bar = { left: 172, widest: 190 };
/** Colours by day and in the dark, as classes: a style of its own would stand above them. */
const style = [
  'text{font-family:"DejaVu Sans",Verdana,Arial,sans-serif;fill:#1a1a1a}',
  'text.faint{fill:#5f6b76}.ours{fill:#0b6e4f}.rival{fill:#b8c4ce}.spread{stroke:#1a1a1a}.paper{fill:#ffffff}',
  '@media (prefers-color-scheme: dark){text{fill:#e6edf3}text.faint{fill:#a9b4c0}.ours{fill:#3fb68b}.rival{fill:#56616d}.spread{stroke:#e6edf3}.paper{fill:#12161b}}',
].join('\n');

/**
 * The results as an SVG without references to other files: seconds of each contender, less is
 * better.
 */
export function chartOf(results: Results): string {
  const rows = drawn.flatMap((id) => results.rows.filter((row) => row.id === id));
  const lines: string[] = [];
  let top = sheet.margin + 30;
  for (let first = 0; first < rows.length; first += sheet.columns) {
    const beside = rows.slice(first, first + sheet.columns);
    for (const [place, row] of beside.entries())
      lines.push(panel(row, sheet.margin + place * (sheet.panelWidth + sheet.gap), top));
    top += Math.max(...beside.map(heightOf)) + sheet.gap;
  }
  const width = 2 * sheet.margin + sheet.columns * sheet.panelWidth + (sheet.columns - 1) * sheet.gap;
  const height = top + sheet.footHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    '<title>Seconds that Godwit and other programs take to move disks</title>',
    `<style>${style}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    text(sheet.margin, sheet.margin + 8, 'Seconds, less is better. Green: Godwit. Behind each bar: bytes on the wire.', {
      size: 15,
      weight: 700,
    }),
    ...lines,
    ...foot(results, height - sheet.footHeight + 4),
    '</svg>',
    '',
  ].join('\n');
}

function panel(row: Row, left: number, top: number): string {
  const names = [...new Set(row.runs.map(({ contender }) => contender))];
  const bars = names.map((name) => barOf(name, row.runs)).sort((a, b) => a.median - b.median);
  const longest = Math.max(...bars.map(({ max }) => max));
  return [
    text(left, top + 16, row.link, { size: 15, weight: 700 }),
    text(left, top + 36, row.title, { size: 12, faint: true }),
    ...bars.map((one, place) => drawBar(one, left, top + sheet.headHeight + place * sheet.barHeight, bar.widest / longest)),
  ].join('\n');
}

interface Bar {
  readonly name: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly wireBytes: number;
}

function barOf(name: string, all: readonly Run[]): Bar {
  const runs = all.filter(({ contender }) => contender === name);
  const { median, min, max } = spreadOf(runs.map(({ seconds }) => seconds));
  return { name, median, min, max, wireBytes: spreadOf(runs.map(({ wireBytes }) => wireBytes)).median };
}

function drawBar({ name, median, min, max, wireBytes }: Bar, left: number, top: number, perSecond: number): string {
  const ours = name.startsWith('godwit');
  const from = left + bar.left;
  const middle = top + sheet.barHeight / 2;
  const y = top + sheet.barHeight / 2 + 4;
  const at = (seconds: number): string => (from + seconds * perSecond).toFixed(1);
  const says = `${median.toFixed(median < 10 ? 2 : 1)} s · ${(wireBytes / 1e6).toFixed(wireBytes < 10e6 ? 1 : 0)} MB`;
  const weight = ours ? 700 : 400;
  return [
    text(from - 8, y, name, { size: 12, anchor: 'end', weight }),
    `<rect x="${from}" y="${top + 3}" width="${Math.max(1, median * perSecond).toFixed(1)}" height="${sheet.barHeight - 6}" class="${ours ? 'ours' : 'rival'}"/>`,
    ...(max > min ? [`<path d="M${at(min)} ${middle}H${at(max)}" class="spread" stroke-width="1.5"/>`] : []),
    text(Number(at(max)) + 6, y, says, { size: 12, weight }),
  ].join('\n');
}

function foot({ at, rounds, seed, machine, quick }: Results, top: number): string[] {
  const cores = machine['processor'] ?? '';
  const lines = [
    `${quick ? 'QUICK RUN, NOT A RESULT. ' : ''}Medians of up to ${rounds} interleaved rounds, the line from least to greatest; every output compared byte by byte.`,
    'Godwit over TLS, with fdatasync and a comparison of the whole copy; the daemons run, dialling is counted, as it is for ssh.',
    `${at.slice(0, 10)}, ${cores}, Linux ${machine['kernel'] ?? ''}, seed ${seed}. Reproduce: npm run bench`,
  ];
  return lines.map((line, place) => text(sheet.margin, top + place * 16, line, { size: 10.5, faint: true }));
}

function heightOf({ runs }: Row): number {
  return sheet.headHeight + new Set(runs.map(({ contender }) => contender)).size * sheet.barHeight;
}

interface Look {
  readonly size: number;
  readonly weight?: number;
  readonly faint?: true;
  readonly anchor?: string;
}

function text(x: number, y: number, says: string, { size, weight = 400, faint, anchor = 'start' }: Look): string {
  const safe = says.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}"${faint ? ' class="faint"' : ''} text-anchor="${anchor}">${safe}</text>`;
}
