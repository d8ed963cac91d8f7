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

/** The time from the first phase of any server to the last. */
export interface JourneySpan {
  readonly from: number;
  readonly until: number;
}

/** One colour per phase, the same for every server of a report, in the order of the journey. */
export function phaseColours(moves: readonly MoveReport[]): ReadonlyMap<string, string> {
  const names = [...new Set(moves.flatMap((move) => move.phases.map((phase) => phase.name)))];
  return new Map(names.map((name, index) => [name, palette[index % palette.length] ?? '#777777']));
}

/** The time that the phases of some servers span together; null before one has ended. */
export function spanOf(moves: readonly MoveReport[]): JourneySpan | null {
  const phases = moves.flatMap((move) => move.phases);
  const from = phases.reduce((least, { startedAt }) => Math.min(least, Date.parse(startedAt)), Number.POSITIVE_INFINITY);
  const until = phases.reduce((most, { startedAt, ms }) => Math.max(most, Date.parse(startedAt) + ms), Number.NEGATIVE_INFINITY);
  return until > from ? { from, until } : null;
}

/**
 * A server's phases on the time line of all servers, as inline SVG: equal lengths are equal times,
 * and what stands above each other happened at once. The line below is its downtime.
 */
export function phaseBar(move: MoveReport, colours: ReadonlyMap<string, string>, { from, until }: JourneySpan): string {
  const scale = width / (until - from);
  const piece = (startedAt: string, ms: number, says: string, shape: string): string => {
    const x = (Date.parse(startedAt) - from) * scale;
    // Half a unit at least, so that a phase of a millisecond can still be pointed at.
    const length = Math.max(0.5, ms * scale);
    return `<g><title>${escaped(says)}</title><rect x="${round(x)}" width="${round(length)}" ${shape}/></g>`;
  };
  const phases = move.phases.map(({ name, startedAt, ms }) =>
    piece(startedAt, ms, `${name}: ${showDuration(ms)}`, `height="15" fill="${colours.get(name)}"`),
  );
  const down =
    move.downSince === null || move.downtimeMs === null
      ? ''
      : piece(move.downSince, move.downtimeMs, `down: ${showDuration(move.downtimeMs)}`, 'y="17" height="4" class="down"');
  const title = escaped(`Phases of ${move.name}`);
  return `<svg class="phases" viewBox="0 0 ${width} 22" preserveAspectRatio="none" role="img" aria-label="${title}">${phases.join('')}${down}</svg>`;
}

/** Times of day above the bars: a few, evenly spaced. */
export function timeAxis({ from, until }: JourneySpan): string {
  const marks = [0, 1, 2, 3, 4, 5].map((part) => {
    const time = new Date(from + ((until - from) * part) / 5).toISOString();
    return `<span>${time.slice(11, 19)}</span>`;
  });
  return `<div class="axis">${marks.join('')}</div>`;
}

function round(number: number): string {
  return number.toFixed(1);
}
