import { showDuration } from '../../shared/print/units.ts';
import type { MoveReport } from './model.ts';
import { escaped } from './style.ts';

/**
 * One colour for each phase of a journey. The first are Okabe and Ito's, which people who see
 * colours differently tell apart, too.
 */
const dark = ['#0072b2', '#009e73', '#d55e00', '#8c6bb1', '#777777', '#7a4b2a', '#a50f4b', '#1f4e5f', '#3f6b1f'];
const pale = ['#e69f00', '#56b4e9', '#cc79a7', '#b8a600', '#a8ddb5', '#c9c2e8', '#f4b6a0', '#bdbdbd', '#8fd0d8'];
const palette = dark.flatMap((colour, index) => [colour, pale[index] ?? colour]);

const width = 1000;
const height = 28;

/** One colour per phase, the same for every server of a report, in the order of the journey. */
export function phaseColours(moves: readonly MoveReport[]): ReadonlyMap<string, string> {
  const names = [...new Set(moves.flatMap((move) => move.phases.map((phase) => phase.name)))];
  return new Map(names.map((name, index) => [name, palette[index % palette.length] ?? '#777777']));
}

/**
 * A server's phases as one horizontal bar, as inline SVG: the length of a piece is the time its
 * phase took.
 */
export function phaseBar(move: MoveReport, colours: ReadonlyMap<string, string>): string {
  const begun = move.phases.map((phase) => Date.parse(phase.startedAt));
  const ended = move.phases.map((phase, index) => (begun[index] ?? 0) + phase.ms);
  const start = Math.min(...begun);
  const whole = Math.max(...ended) - start;
  if (move.phases.length === 0 || !(whole > 0)) return '<p>No phase has ended yet.</p>';
  const scale = width / whole;
  const pieces = move.phases.map((phase, index) => {
    const x = ((begun[index] ?? start) - start) * scale;
    const says = escaped(`${phase.name}: ${showDuration(phase.ms)}`);
    // Half a unit at least, so that a phase of a millisecond can still be pointed at.
    const length = Math.max(0.5, phase.ms * scale);
    const ink = pale.includes(colours.get(phase.name) ?? '') ? '#14181d' : '#fff';
    const label =
      length > 12 * phase.name.length ? `<text x="${round(x + 8)}" y="19" fill="${ink}">${escaped(phase.name)}</text>` : '';
    return `<g><title>${says}</title><rect x="${round(x)}" width="${round(length)}" height="${height}" fill="${colours.get(phase.name)}"/>${label}</g>`;
  });
  const title = escaped(`Phases of ${move.name}, ${showDuration(whole)} in all`);
  return `<svg class="phases" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${pieces.join('')}</svg>`;
}

function round(number: number): string {
  return number.toFixed(1);
}
