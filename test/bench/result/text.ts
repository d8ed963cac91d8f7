import { type Row, type Run, spreadOf } from './record.ts';
import type { Results } from './results.ts';

const MiB = 1024 * 1024;

const heads = ['', 'seconds', 'min', 'max', 'runs', 'MB on the wire', 'CPU s/GB', 'there', 'here', 'MiB there', 'here', 'load'];

/** The results as people read them in a terminal. */
export function textOf(results: Results): string {
  const { at, seed, rounds, parallel, machine, rows, failed, seconds, quick } = results;
  const about = Object.entries(machine).map(([name, value]) => `${name.padEnd(10)} ${value}`);
  return [
    `godwit benchmark, ${at}${quick ? ', quick: the numbers mean nothing' : ''}`,
    `seed ${seed}, ${rounds} rounds, ${parallel} of our disks at once, ${Math.round(seconds / 60)} minutes in all`,
    ...about,
    '',
    'Every output was compared byte by byte. "Here" is the side that has the disk, "there" the one it goes to.',
    'Ours ends with fdatasync and a comparison of the whole copy, over TLS; dialling is included, as ssh dials too.',
    "CPU seconds are per GB of the row's used bytes; memory is the peak of all processes of a side together.",
    '',
    ...rows.flatMap(rowText),
    ...failed.map(({ id, why }) => `FAILED ${id}: ${why}`),
    ...summary(rows),
    '',
  ].join('\n');
}

function rowText(row: Row): string[] {
  const names = [...new Set(row.runs.map(({ contender }) => contender))];
  const lines = names.map((name) =>
    cells(
      name,
      row.runs.filter(({ contender }) => contender === name),
      row.usedBytes,
    ),
  );
  return [
    `${row.id}: ${row.title}, ${row.link} (${(row.usedBytes / 1e6).toFixed(0)} MB)`,
    ...columns([heads, ...lines]).map((line) => `  ${line}`),
    ...row.verdicts.map(({ target, seen, met }) => `  ${met ? 'met    ' : 'NOT MET'}  ${target}: ${seen}`),
    ...row.notes.map((note) => `  ${note}`),
    '',
  ];
}

function cells(name: string, runs: readonly Run[], usedBytes: number): string[] {
  const seconds = spreadOf(runs.map((run) => run.seconds));
  const middle = (of: (run: Run) => number): number => spreadOf(runs.map(of)).median;
  const perGb = (cpu: number): string => (usedBytes === 0 ? '-' : (cpu / (usedBytes / 1e9)).toFixed(2));
  const near = middle(({ cpuSeconds }) => cpuSeconds.near);
  const far = middle(({ cpuSeconds }) => cpuSeconds.far);
  return [
    name,
    seconds.median.toFixed(2),
    seconds.min.toFixed(2),
    seconds.max.toFixed(2),
    String(runs.length),
    (middle(({ wireBytes }) => wireBytes) / 1e6).toFixed(1),
    perGb(near + far),
    perGb(far),
    perGb(near),
    (Math.max(...runs.map(({ peakBytes }) => peakBytes.far)) / MiB).toFixed(0),
    (Math.max(...runs.map(({ peakBytes }) => peakBytes.near)) / MiB).toFixed(0),
    middle(({ loadBefore }) => loadBefore).toFixed(1),
  ];
}

/** The table of targets, by itself. */
function summary(rows: readonly Row[]): string[] {
  const lines = rows.flatMap((row) =>
    row.verdicts.map(({ target, seen, met }) => [met ? 'met' : 'NOT MET', row.id, target, seen]),
  );
  return ['targets', ...columns(lines, 4).map((line) => `  ${line}`)];
}

/** Lays cells out in columns: the first `left` of them to the left, the others to the right. */
function columns(lines: readonly (readonly string[])[], left = 1): string[] {
  const widths = (lines[0] ?? []).map((_, place) => Math.max(...lines.map((line) => (line[place] ?? '').length)));
  return lines.map((line) =>
    line
      .map((cell, place) => (place < left ? cell.padEnd(widths[place] ?? 0) : cell.padStart(widths[place] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
